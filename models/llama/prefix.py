"""What is known of earlier prompts: a public trunk that all share, a shelf for each conversation.

The trunk is a radix tree over public tokens (system prompts, public passages), evicted least
recently used. Each leaf owns one of llama.cpp's sequence ids (a slot), which holds all cells of its
path; an inner node is held by any leaf below it. Cells are shared, never copied.

What follows the public tokens is saved when a sequence ends, under the name of its conversation,
and loaded again for that conversation only: nobody can tell by the time of an answer what somebody
else has asked. It lies outside the cache: attention looks at every cell in use, so what rests there
would slow down everybody's answers.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from models.llama.sequence import Sequence as Request

_WORTH = 16  # tokens: to load fewer than these takes longer than to read them


class Memory(Protocol):
    """The cache's cells, by slot and position."""

    def share(self, source: int, target: int, end: int) -> None:
        """Make the first ``end`` positions of ``target`` those of ``source``."""
        ...

    def cut(self, slot: int, start: int) -> None:
        """Give up what ``slot`` holds from position ``start`` on."""
        ...

    def save(self, slot: int) -> object:
        """A copy of what ``slot`` holds, outside the cache."""
        ...

    def load(self, slot: int, saved: object) -> bool:
        """Fill ``slot``, which is empty, with a copy; False where that cannot be done."""
        ...


@dataclass(slots=True, eq=False)
class Node:
    """A run of tokens, up to position ``end``; ``pins`` counts the sequences that build on it."""

    tokens: list[int]
    end: int
    parent: Node | None = None
    children: dict[int, Node] = field(default_factory=dict)
    slot: int = -1
    pins: int = 0
    used: int = 0

    @property
    def begin(self) -> int:
        """The position of its first token."""
        return self.end - len(self.tokens)


class PrefixCache:
    """Owns the slots, and counts the cells: held by the trunk, or reserved by running sequences.

    ``trunk`` bounds the cells of the former, ``shelf`` the tokens kept outside the cache.
    """

    def __init__(self, memory: Memory, slots: int, cells: int, trunk: int, shelf: int) -> None:
        self._memory = memory
        self._slots = slots
        self._trunk_limit, self._shelf_limit = trunk, shelf
        self.cells = cells
        self.reset()

    def reset(self) -> None:
        """Begin anew, once the memory has lost all that it held."""
        self._free = list(range(self._slots - 1, -1, -1))
        self._root = Node([], 0)
        self._shelf: OrderedDict[str, tuple[list[int], object]] = OrderedDict()
        self._reserved = self._clock = 0
        self.held = 0
        self.shelved = 0

    @property
    def spare(self) -> int:
        """Cells that are neither held nor reserved."""
        return self.cells - self.held - self._reserved

    @property
    def unreserved(self) -> int:
        """Cells that are not reserved: what the trunk holds of them can be evicted, mostly."""
        return self.cells - self._reserved

    def shared(self, request: Request) -> int:
        """How many public tokens of ``request`` are held at this moment."""
        return self._walk(request.tokens, _public(request))[1]

    def begin(self, request: Request) -> bool:
        """Give ``request`` a slot that holds what is known of its prompt, and reserve the rest.

        False, and nothing done, where there is no room even after eviction.
        """
        node, length = self._walk(request.tokens, _public(request))
        node = self._split(node, length)
        node.pins += 1  # what it builds on must not be evicted for its sake
        needed = request.prompt + request.limit - length
        earlier, saved = self._shelf.get(request.conversation, ([], None))
        known = common(earlier, request.tokens[:-1])
        # loading takes a cell for each token of what was saved, if only for a moment
        if known < length + _WORTH or not self._make_room(len(earlier)):
            earlier, known = [], length
        slot = self._slot() if self._make_room(needed) else None
        if slot is None:
            node.pins -= 1
            return False
        if earlier:
            self._shelf.move_to_end(request.conversation)
            known = known if self._memory.load(slot, saved) else length
            self._memory.cut(slot, known)
        if length:
            self._memory.share(self._holder(node), slot, length)
        self._touch(node)
        request.node, request.slot = node, slot
        request.computed = request.cached = known
        request.reserved = needed
        self._reserved += needed
        return True

    def publish(self, request: Request) -> None:
        """Let others build on the public tokens of ``request``, all of which are computed.

        What another has put in the trunk meanwhile is shared from there, and its own cells go.
        """
        assert request.node is not None
        node, length = self._walk(request.tokens, request.public)
        node = self._split(node, length)
        if length > request.node.end:
            self._memory.share(self._holder(node), request.slot, length)
        node.pins += 1
        if length < request.public and self._make_trunk(request.public - length):
            slot = self._slot()
            if slot is not None:
                node.pins -= 1
                node = self._grow(node, request, slot)
                node.pins += 1
        request.node.pins -= 1
        self._touch(node)
        self._reserved -= node.end - request.node.end
        request.reserved -= node.end - request.node.end
        request.node = node

    def trim(self, request: Request) -> None:
        """Give up what the slot of ``request`` holds beyond what it has computed."""
        self._memory.cut(request.slot, request.computed)

    def end(self, request: Request) -> None:
        """Take back the slot; what was computed is kept for the conversation, if there is one."""
        assert request.node is not None
        if request.conversation and request.computed > request.public:
            self._put(request.conversation, request.tokens[: request.computed], request.slot)
        self._release(request.slot)
        request.node.pins -= 1
        self._reserved -= request.reserved
        request.node, request.slot, request.reserved = None, -1, 0

    def evict(self) -> bool:
        """Drop the leaf that was used least recently; False where none can be dropped."""
        leaves = [node for node in self.nodes() if node.slot >= 0 and not node.pins]
        if not leaves:
            return False
        leaf = min(leaves, key=lambda node: node.used)
        parent = leaf.parent
        assert parent is not None
        del parent.children[leaf.tokens[0]]
        self.held -= len(leaf.tokens)
        if parent.children or parent is self._root:
            self._release(leaf.slot)
        else:  # the parent is a leaf now
            self._memory.cut(leaf.slot, parent.end)
            parent.slot = leaf.slot
        return True

    def nodes(self) -> Iterator[Node]:
        """All nodes but the root."""
        stack = list(self._root.children.values())
        while stack:
            node = stack.pop()
            yield node
            stack.extend(node.children.values())

    def _walk(self, tokens: list[int], end: int) -> tuple[Node, int]:
        """The node in which the longest known prefix of ``tokens[:end]`` ends, and its length."""
        node, length = self._root, 0
        while length < end and (child := node.children.get(tokens[length])):
            length += common(child.tokens, tokens[length:end])
            node = child
            if length < child.end:
                break
        return node, length

    def _split(self, node: Node, length: int) -> Node:
        """The node that ends at ``length``, which lies in ``node``."""
        if length == node.end:
            return node
        parent = node.parent
        assert parent is not None
        head, tail = node.tokens[: length - node.begin], node.tokens[length - node.begin :]
        upper = Node(head, length, parent, {tail[0]: node}, used=node.used)
        parent.children[head[0]] = upper
        node.tokens, node.parent = tail, upper
        return upper

    def _grow(self, node: Node, request: Request, slot: int) -> Node:
        """A new leaf below ``node``, which holds the public tokens of ``request``."""
        run = request.tokens[node.end : request.public]
        leaf = Node(run, request.public, node, slot=slot)
        node.children[run[0]] = leaf
        self.held += len(run)
        self._memory.share(request.slot, slot, leaf.end)
        if node.slot >= 0:  # an inner node now
            self._release(node.slot)
            node.slot = -1
        return leaf

    def _put(self, conversation: str, tokens: list[int], slot: int) -> None:
        """Save ``slot`` on the shelf, in the place of what the conversation had there."""
        if len(tokens) > self._shelf_limit:
            return
        self.shelved += len(tokens) - len(self._shelf.pop(conversation, ([], None))[0])
        while self.shelved > self._shelf_limit:
            self.shelved -= len(self._shelf.popitem(last=False)[1][0])
        self._shelf[conversation] = (tokens, self._memory.save(slot))

    def _holder(self, node: Node) -> int:
        """A slot that holds the cells of ``node``."""
        while node.slot < 0:
            node = next(iter(node.children.values()))
        return node.slot

    def _touch(self, node: Node) -> None:
        self._clock += 1
        at: Node | None = node
        while at is not None:
            at.used, at = self._clock, at.parent

    def _make_room(self, cells: int) -> bool:
        while self.spare < cells:
            if not self.evict():
                return False
        return True

    def _make_trunk(self, cells: int) -> bool:
        while self.held + cells > self._trunk_limit:
            if not self.evict():
                return False
        return True

    def _slot(self) -> int | None:
        while not self._free and self.evict():
            pass  # a leaf may leave its slot to its parent
        return self._free.pop() if self._free else None

    def _release(self, slot: int) -> None:
        self._memory.cut(slot, 0)
        self._free.append(slot)


def _public(request: Request) -> int:
    """The public tokens that may be shared: the last one of a prompt is always computed."""
    return min(request.public, len(request.tokens) - 1)


def common(left: Sequence[int], right: Sequence[int]) -> int:
    """Number of leading items that are equal."""
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return length
