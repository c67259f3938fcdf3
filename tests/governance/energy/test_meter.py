"""Meters: what this machine gives, and what each kind makes of its counters."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

import pytest

from governance.energy.hardware import GpuCounter, RaplCounter, thermal_design_power
from governance.energy.ledger import EnergyLedger
from governance.energy.meter import ModelledMeter, RaplMeter, detect_meter
from governance.energy.power_model import Cpu, PowerModel, parse_cpuinfo, power_model
from governance.energy.reading import BusyClock, MeterError, Why

MODEL = PowerModel(idle_watts=1.0, watts_per_core=4.0, cores=2, why=Why("A test."))
RANGE = 262_143_328_850


class Counter:
    """A counter that the test sets."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def __call__(self) -> float:
        return self.value

    def joules(self, _elapsed: float) -> float:
        return self.value


class RaplTree:
    """A powercap tree as Linux shows it, with one or more packages."""

    def __init__(self, root: Path, packages: int = 1) -> None:
        self.root = root
        self.domains = [root / "intel-rapl" / f"intel-rapl:{n}" for n in range(packages)]
        for number, domain in enumerate(self.domains):
            domain.mkdir(parents=True)
            (domain / "name").write_text(f"package-{number}\n")
            (domain / "max_energy_range_uj").write_text(f"{RANGE}\n")
            self.set(number, 1_000_000 + 50_000_000 * number)

    def set(self, package: int, microjoules: int) -> None:
        (self.domains[package] / "energy_uj").write_text(f"{microjoules}\n")


def test_this_machine_has_a_meter_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("the meter opened a socket")

    monkeypatch.setattr(socket, "socket", no_socket)
    meter = detect_meter()
    assert meter.method in ("measured", "modelled")
    assert "{" not in str(meter.why)
    before = meter.read()
    end = time.thread_time() + 0.2
    while time.thread_time() < end:
        sum(range(1_000))
    after = meter.read()
    assert before.joules is not None and after.joules is not None
    assert 0.01 < after.joules - before.joules < 1_000
    assert after.busy_cpu_seconds - before.busy_cpu_seconds >= 0.19


def test_the_trackers_of_codecarbon_send_nothing() -> None:
    detect_meter()
    assert "codecarbon.core.telemetry_client" not in sys.modules


def test_a_request_of_twenty_milliseconds_has_an_energy() -> None:
    ledger = EnergyLedger(detect_meter())
    ledger.account("short")
    with ledger.measure("short", "analysis"):
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            sum(range(100))
    bill = ledger.close("short")
    assert bill.cpu_seconds == pytest.approx(0.02, rel=0.5)
    assert bill.joules is not None and bill.joules > 0


def test_rapl_adds_the_packages_up(tmp_path: Path) -> None:
    tree = RaplTree(tmp_path, packages=2)
    rapl = RaplCounter(str(tmp_path))
    tree.set(0, 1_000_000 + 7_000_000)
    tree.set(1, 51_000_000 + 5_000_000)
    assert rapl.joules(1.0) == pytest.approx(12)
    tree.set(0, 1_000_000 + 10_000_000)
    assert rapl.joules(1.0) == pytest.approx(15)


def test_rapl_goes_round_without_losing_a_joule(tmp_path: Path) -> None:
    tree = RaplTree(tmp_path)
    tree.set(0, RANGE - 2_000_000)
    rapl = RaplCounter(str(tmp_path))
    tree.set(0, 3_000_000)
    assert rapl.joules(1.0) == pytest.approx(5, rel=1e-6)


def test_a_rapl_counter_that_cannot_be_read_is_an_error_not_a_zero(tmp_path: Path) -> None:
    tree = RaplTree(tmp_path)
    rapl = RaplCounter(str(tmp_path))
    (tree.domains[0] / "energy_uj").write_text("")
    with pytest.raises(MeterError):
        rapl.joules(1.0)


def test_a_machine_without_rapl_says_so(tmp_path: Path) -> None:
    with pytest.raises(MeterError):
        RaplCounter(str(tmp_path))


def test_a_rapl_counter_that_stands_still_is_not_chosen(tmp_path: Path) -> None:
    RaplTree(tmp_path)
    assert detect_meter(str(tmp_path)).method == "modelled"


def test_the_measured_meter_adds_the_gpu_and_learns_what_rest_takes() -> None:
    rapl, gpu, busy, clock = Counter(), Counter(), Counter(), Counter()
    meter = RaplMeter(rapl, MODEL, gpu, busy, clock)
    meter.read()
    assert meter.idle_watts == 1.0
    for watts in (30.0, 10.0, 12.0, 11.0):
        clock.value += 1
        rapl.value += watts / 2
        gpu.value += watts / 2
        busy.value += 1.5 if watts == 30 else 0.01
        reading = meter.read()
    assert reading.joules == pytest.approx(63)
    assert meter.idle_watts == pytest.approx(11)


def test_the_modelled_meter_adds_rest_and_work() -> None:
    busy, clock = Counter(500.0), Counter(1_000.0)
    meter = ModelledMeter(MODEL, None, busy, clock)
    clock.value += 10
    busy.value += 3
    assert meter.read().joules == pytest.approx(10 * 1.0 + 3 * 4.0)
    assert (meter.method, meter.idle_watts) == ("modelled", 1.0)


class Gpus:
    """Stands for codecarbon's devices: this machine has no GPU."""

    def __init__(self) -> None:
        self.deltas: list[list[dict[str, object]]] = []

    def start(self) -> None:
        self.deltas.clear()

    def get_delta(self, _duration: object) -> list[dict[str, object]]:
        return self.deltas.pop(0)


def test_gpu_energy_is_cumulative_over_the_devices() -> None:
    from codecarbon.core.units import Energy

    gpus = Gpus()
    counter = GpuCounter(gpus)
    gpus.deltas = [[{"delta_energy_consumption": Energy(1e-6)}] * 2, []]
    assert counter.joules(1.0) == pytest.approx(7.2)
    with pytest.raises(MeterError):
        counter.joules(1.0)


def test_the_power_of_a_known_desktop_cpu_is_its_tdp() -> None:
    model = power_model(Cpu("Intel(R) Core(TM) i5-8400 CPU @ 2.80GHz", 6, 1, False), lambda _: 65.0)
    assert model.idle_watts == pytest.approx(6.5)
    assert model.idle_watts + 6 * model.watts_per_core == pytest.approx(65)
    assert "65.0 W" in str(model.why)


def test_two_sockets_take_twice_a_chip() -> None:
    model = power_model(Cpu("Xeon", 32, 2, False), lambda _: 100.0)
    assert model.idle_watts + 32 * model.watts_per_core == pytest.approx(200)


def test_a_virtual_machine_gets_its_part_of_the_chip_only() -> None:
    model = power_model(Cpu("AMD EPYC 7763 64-Core Processor", 2, 1, True), lambda _: 280.0)
    assert model.idle_watts + 2 * model.watts_per_core == pytest.approx(280 * 2 / 128)


def test_a_cpu_that_does_not_say_gets_the_default_and_the_text_says_it() -> None:
    for cpu in (Cpu("AMD EPYC", 2, 1, True), Cpu("", 2, 1, False)):
        model = power_model(cpu, lambda _: None)
        assert model.idle_watts + 2 * model.watts_per_core == pytest.approx(8)
        assert "4.0 W per thread" in str(model.why)


def test_tdp_comes_from_the_table_of_codecarbon() -> None:
    assert thermal_design_power("Intel(R) Core(TM) i5-8400 CPU @ 2.80GHz") == 65
    assert thermal_design_power("AMD EPYC") is None


def test_cpuinfo_is_read_as_linux_writes_it() -> None:
    entry = "processor\t: {n}\nmodel name\t: Xeon\nphysical id\t: {s}\nflags\t\t: fpu {h}\n\n"
    text = "".join(entry.format(n=n, s=n % 2, h="hypervisor") for n in range(4))
    assert parse_cpuinfo(text, 9) == Cpu("Xeon", 4, 2, True)
    assert parse_cpuinfo(entry.format(n=0, s=0, h=""), 9) == Cpu("Xeon", 1, 1, False)
    assert parse_cpuinfo("", 9) == Cpu("", 9, 1, False)


def test_the_busy_clock_is_fine_for_us_and_true_for_the_machine() -> None:
    machine, process = Counter(100.0), Counter(40.0)
    busy = BusyClock(machine, process)
    assert busy() == 100
    process.value += 0.003  # less than a tick: the kernel has not seen it yet
    assert busy() == pytest.approx(100.003)
    machine.value += 0.01
    assert busy() == pytest.approx(100.01)
    for _ in range(1_000):
        process.value += 0.01
        machine.value += 0.03
        busy()
    assert busy() == pytest.approx(130.01, abs=0.01)
