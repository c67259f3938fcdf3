"""What runs in each step, whatever arrives and leaves: driven against a runner that checks all."""

from __future__ import annotations

from collections.abc import Sequence as Many
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.llama.fairness import CREDIT, FairQueue
from models.llama.prefix import PrefixCache
from models.llama.scheduler import Limits, Part, QueueFull, Scheduler
from models.llama.sequence import Sequence, State
from tests.models.fake_runner import END, FakeRunner, successor

BATCH = 16
SYSTEM = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4]


class World:
    """A scheduler, its prefix cache and a fake runner. ``served`` are the keys as they finish."""

    def __init__(self, running: int = 4, shelf: int = 300, **limits: int) -> None:
        self.runner = FakeRunner(running, 120, BATCH)
        self.prefixes = PrefixCache(self.runner, running, shelf)
        asked = {"batch": BATCH, "mixed": BATCH, "queue": 40, **limits}
        self.limits = Limits(running=running, **asked)
        self.scheduler = Scheduler(self.limits, self.prefixes)
        self.all: list[Sequence] = []
        self.served: list[int] = []

    def ask(
        self, tokens: Many[int], *, public: int = 0, limit: int = 4, **flow: str | float
    ) -> Sequence:
        """Put a request in the queue."""
        made = Sequence(
            len(self.all), list(tokens), public=public, limit=limit, arrived=len(self.all), **flow
        )  # type: ignore[arg-type]
        self.scheduler.add(made)
        self.all.append(made)
        return made

    def step(self) -> list[Part]:
        """Plan a step, compute it, write greedily; drafts are the truth, or an error at the end."""
        for one in self.scheduler.running:
            if one.state is State.WRITING:
                guess = [*one.tokens]
                for _ in range(one.key % 4):
                    guess.append(successor(tuple(guess)))
                one.draft = [*guess[len(one.tokens) :], END][: one.key % 5]
        parts = self.scheduler.plan()
        if not parts:
            return []
        for part, rows in zip(parts, self.runner.decode(parts), strict=True):
            self.write(part, [int(row.argmax()) for row in rows])
        return parts

    def write(self, part: Part, sampled: list[int]) -> None:
        """Accept the rows as far as the draft was right."""
        one, written = part.sequence, list[int]()
        for place, token in enumerate(sampled):
            written.append(token)
            drafted = part.tokens[place + 1] if place + 1 < len(part.tokens) else None
            if token in {END, -1} or token != drafted:
                break
        self.scheduler.advance(part, written)
        if written and (written[-1] == END or one.written >= one.limit):
            self.scheduler.finish(one)
            self.served.append(one.key)

    def run(self, steps: int = 2000) -> None:
        """Step until nothing is left to do."""
        for _ in range(steps):
            if not self.step():
                return
        raise AssertionError("it does not come to an end")


def greedy(prompt: Many[int], limit: int) -> list[int]:
    """What a sequence writes alone, without any cache."""
    tokens = list(prompt)
    while len(tokens) < len(prompt) + limit:
        tokens.append(successor(tuple(tokens)))
        if tokens[-1] == END:
            break
    return tokens[len(prompt) :]


class Traffic(RuleBasedStateMachine):
    """Requests of several services, users and conversations come, stall, go on and leave."""

    @initialize(running=st.integers(1, 6), shelf=st.integers(0, 500))
    def start(self, running: int, shelf: int) -> None:
        """An engine of some size."""
        self.world = World(running, shelf)

    @rule(
        private=st.lists(st.integers(1, 4), min_size=1, max_size=60),
        public=st.sampled_from([0, 17, len(SYSTEM)]),
        limit=st.integers(1, 30),
        conversation=st.sampled_from(["", "a", "b"]),
        flow=st.sampled_from([("x", "u"), ("x", "v"), ("y", "w"), ("z", "")]),
        follows=st.booleans(),
        count=st.integers(1, 4),
    )
    def arrive(
        self,
        private: list[int],
        public: int,
        limit: int,
        conversation: str,
        flow: tuple[str, str],
        follows: bool,
        count: int,
    ) -> None:
        """Some requests of one flow, which may go on with the last of their conversation."""
        prompt = [*SYSTEM[:public], *private]
        for number in range(count):
            past = [
                one
                for one in self.world.all
                if (one.conversation, one.public) == (conversation, public)
            ]
            if follows and past:
                prompt = [*past[-1].tokens, *private]
            with suppress(QueueFull):
                self.world.ask(
                    [*prompt[:80], number + 1],
                    public=public,
                    limit=limit,
                    conversation=conversation,
                    service=flow[0],
                    user=flow[1],
                )

    @rule()
    def step(self) -> None:
        """One step."""
        self.world.step()

    @rule(steps=st.integers(2, 30))
    def steps(self, steps: int) -> None:
        """Several."""
        for _ in range(steps):
            self.world.step()

    @rule(which=st.integers(0, 1000))
    def leave(self, which: int) -> None:
        """Cancelled: it holds nothing from here on, whatever it was doing, done before or not."""
        if self.world.all:
            one = self.world.all[which % len(self.world.all)]
            self.world.scheduler.finish(one)
            assert one.state is State.DONE and one.slot == -1

    @invariant()
    def nothing_leaks(self) -> None:
        """A slot holds what its sequence has computed, a free one nothing; the shelf is bounded."""
        if not hasattr(self, "world"):
            return
        prefixes, running = self.world.prefixes, self.world.scheduler.running
        held = {one.slot: one.computed for one in running}
        assert len(held) == len(running) == self.world.limits.running - prefixes.free
        for slot, tokens in enumerate(self.world.runner.slots):
            assert len(tokens) == held.get(slot, 0)
        shelved = sum(len(tokens) for _, tokens in prefixes.saved())
        assert shelved == prefixes.shelved <= prefixes._limit

    @invariant()
    def nothing_private_is_reused_by_others(self) -> None:
        """What is public was so for somebody; a conversation finds its own besides, and no more."""
        if not hasattr(self, "world"):
            return
        known = self.world.all
        for key, tokens in self.world.prefixes.saved():
            length = len(tokens)
            if isinstance(key, int):
                assert any(tokens == one.tokens[: one.public] for one in known)
            else:
                own = [one for one in known if one.conversation == key]
                assert any(tokens == one.tokens[:length] for one in own)
        for one in known:
            if one.cached > one.public:
                assert any(
                    one.tokens[: one.cached] == other.tokens[: one.cached]
                    for other in known
                    if other is not one and other.conversation == one.conversation != ""
                )

    def teardown(self) -> None:
        """Everyone is served, with what it would have written alone; then the cache is empty."""
        if not hasattr(self, "world"):
            return
        self.world.run()
        for one in self.world.all:
            assert one.state is State.DONE
            alone = greedy(one.tokens[: one.prompt], one.limit)
            assert one.tokens[one.prompt :] == alone[: one.written]
        assert not any(self.world.runner.slots)
        assert self.world.prefixes.free == self.world.limits.running


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_who_writes_is_never_held_up_by_a_long_prompt() -> None:
    world = World()
    writer = world.ask([1, 2], limit=20)
    world.step()
    world.ask([5] * 110)
    while writer.state is State.WRITING:
        before = writer.written
        world.step()
        assert writer.written > before


def test_public_tokens_are_shared_and_private_ones_only_within_the_conversation() -> None:
    world = World()
    secret = [*SYSTEM, *[7] * 20]
    first = world.ask(secret, public=len(SYSTEM), conversation="mine")
    world.run()
    other = world.ask(secret, public=len(SYSTEM), conversation="yours")
    nobody = world.ask(secret, public=len(SYSTEM))
    claims = world.ask(secret, public=len(secret))
    shut = world.ask(secret)
    mine = world.ask([*first.tokens, 2, 2], public=len(SYSTEM), conversation="mine")
    world.run()
    assert (first.cached, other.cached, nobody.cached) == (0, len(SYSTEM), len(SYSTEM))
    assert (claims.cached, shut.cached) == (len(SYSTEM), 0)
    # the last one that was written was never computed
    assert mine.cached == len(first.tokens) - 1


def test_what_several_share_is_read_once_though_they_come_together() -> None:
    world = World(running=8)
    asked = [
        world.ask([*SYSTEM, *[10 + n] * 20], public=len(SYSTEM), service=f"s{n}") for n in range(4)
    ]
    world.run()
    assert sorted(one.cached for one in asked) == [0, *[len(SYSTEM)] * 3]


def test_the_least_recently_used_goes_first() -> None:
    world = World(shelf=200)
    for name in "abcabd":
        world.ask([ord(name) % 17] * 60, limit=1, conversation=name)
        world.run()
    assert [key for key, _ in world.prefixes.saved()] == ["a", "b", "d"]


def test_a_longer_public_prefix_takes_the_place_of_its_beginning() -> None:
    world = World()
    for end in (17, 20, 18):
        world.ask([*SYSTEM, 1], public=end)
        world.run()
    assert [len(tokens) for _, tokens in world.prefixes.saved()] == [20]
    assert [one.cached for one in world.all] == [0, 17, 18]


def test_a_flood_does_not_delay_another_service() -> None:
    """It starts in the next step, and its prompt is read before those that came earlier."""
    world = World(running=8)
    for _ in range(30):
        world.ask([5] * 60, limit=30, service="flood")
    for _ in range(25):
        world.step()
    polite = world.ask([6] * 40, limit=5, service="polite")
    parts = world.step()
    assert any(part.sequence is polite for part in parts)
    steps = 1
    while not polite.written:
        world.step()
        steps += 1
    alone = -(-40 // BATCH)
    assert steps <= 1.5 * alone + 1


def test_a_flood_of_writers_makes_way_for_another_service_s_prompt() -> None:
    """They write every third step meanwhile, and every step afterwards; their own may write on."""
    world = World(running=8)
    for number in range(12):
        world.ask([number + 1] * 90, limit=30, service="flood")
    writing = list[Sequence]()
    while len(writing) < 2:
        parts = world.step()
        assert set(writing) <= {part.sequence for part in parts}
        writing = [one for one in world.scheduler.running if one.state is State.WRITING]
    polite = world.ask([6] * 100, limit=9, service="polite")
    flooded = []
    while not polite.written:
        parts = world.step()
        flooded.append(sum(part.sequence.state is State.WRITING for part in parts))
    assert flooded.count(0) >= len(flooded) // 2 and max(flooded) > 1


@given(
    st.lists(st.tuples(st.sampled_from("xy"), st.integers(1, 300)), min_size=30, max_size=120),
    st.sampled_from([1.0, 2.0, 0.5]),
)
def test_services_that_always_wait_are_served_by_their_weights(
    asked: list[tuple[str, int]], weight: float
) -> None:
    """At any time they differ by one request and the credit at most."""
    queue, weights = FairQueue(), {"x": weight, "y": 1.0}
    for key, (service, size) in enumerate(asked):
        queue.add(Sequence(key, [1] * size, service=service, weight=weights[service], arrived=key))
    given_to = {"x": 0.0, "y": 0.0}
    expected = [one.key for one in queue.line()]
    order = []
    while {one.service for one in queue} == {"x", "y"}:
        first = queue.heads()[0]
        queue.remove(first)
        queue.charge(first, first.prompt)
        order.append(first.key)
        given_to[first.service] += first.prompt / first.weight
        assert abs(given_to["x"] - given_to["y"]) <= CREDIT + 300 / min(weights.values())
    assert order == expected[: len(order)]


@given(st.lists(st.integers(1, 90), min_size=1, max_size=8))
def test_prompts_are_cut_so_that_they_are_read_as_they_would_be_alone(sizes: list[int]) -> None:
    """In multiples of eight rows, and never with less than that at the end, unless that is all."""
    world = World(running=8)
    for number, size in enumerate(sizes):
        world.ask([number + 1] * size, service=f"s{number}")
    read = dict[Sequence, list[int]]()
    while parts := world.step():
        for part in parts:
            if part.reads:
                read.setdefault(part.sequence, []).append(len(part.tokens))
    for one, chunks in read.items():
        assert sum(chunks) == one.prompt
        assert all(chunk % 8 == 0 for chunk in chunks[:-1])
        assert chunks[-1] >= min(8, one.prompt)


def test_an_idle_engine_forgets_who_had_much() -> None:
    """What was served while nobody waited was taken from nobody."""
    world = World(running=4)
    for _ in range(9):
        world.ask([5] * 60, service="busy")
        world.run()
    for service in ("new", "new", "busy"):
        world.ask([6] * 60, service=service)
    assert [one.service for one in world.scheduler.line()] == ["new", "busy", "new"]


def test_nothing_is_kept_of_a_conversation_that_is_forgotten() -> None:
    """Neither what is saved, nor what runs or waits at that moment."""
    world = World(running=1)
    world.ask([7] * 40, conversation="mine")
    world.run()
    assert [key for key, _ in world.prefixes.saved()] == ["mine"]
    running, waiting = (world.ask([7] * 50, limit=9, conversation="mine") for _ in range(2))
    world.step()
    world.scheduler.forget("mine")
    assert not world.prefixes.saved()
    world.run()
    assert running.state is waiting.state is State.DONE
    assert not world.prefixes.saved() and waiting.cached == 0


def test_those_who_run_are_neighbours() -> None:
    """However they come and leave: they have the first slots, without a gap."""
    world = World(running=6)
    asked = [world.ask([n + 1] * 9, limit=3 * n + 1, service=f"s{n}") for n in range(6)]
    while asked[2].state is not State.WRITING:
        world.step()
    world.scheduler.finish(asked[2])
    assert sorted(one.slot for one in world.scheduler.running) != [0, 1, 2, 3, 4]
    while world.scheduler.running:
        world.scheduler.plan()
        assert sorted(one.slot for one in world.scheduler.running) == list(
            range(len(world.scheduler.running))
        )
        world.step()


def test_users_of_a_service_take_turns() -> None:
    queue = FairQueue()
    for key in range(6):
        queue.add(Sequence(key, [1] * 10, service="s", user="loud", arrived=key))
    queue.add(Sequence(6, [1] * 10, service="s", user="quiet", arrived=6))
    assert [one.key for one in queue.line()][:2] == [0, 6]


def test_a_full_queue_is_the_flooding_service_s_own() -> None:
    world = World(queue=4)
    for _ in range(4):
        world.ask([1], service="flood")
    with pytest.raises(QueueFull):
        world.ask([1], service="flood")
    world.ask([1], service="polite", user="u")
    world.ask([1], service="polite", user="u")
    with pytest.raises(QueueFull):
        world.ask([1], service="polite", user="u")
    world.ask([1], service="polite", user="v")


def test_one_service_leaves_places_to_newcomers() -> None:
    world = World(running=8)
    for n in range(20):
        world.ask([n] * 5, limit=30, service="s", user=f"u{n}")
    most = 0
    while world.step():
        most = max(most, len(world.scheduler.running))
        if most == 6 and len(world.all) == 20:
            newcomer = world.ask([1] * 5, service="t")
            world.step()
            assert newcomer.state is not State.WAITING
            assert len(world.scheduler.running) <= 7
    assert most <= 7
