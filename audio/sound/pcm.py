"""PCM in the project's one format (48 kHz mono signed 16-bit little endian), and FFmpeg's filters on it.

Lengths are exact to the sample: the filters are drained at the end.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import av
from av.filter import Graph

RATE = 48_000

Filter = tuple[str, str]
TO_PCM: Filter = ("aformat", f"sample_fmts=s16:sample_rates={RATE}:channel_layouts=mono")


def frames_of(pcm: bytes, rate: int = RATE, begins: int = 0) -> Iterator[av.AudioFrame]:
    """Frames of one second each from mono 16-bit PCM at `rate` Hz; `begins`: the number of the first sample.

    Raises ValueError for an odd number of bytes.
    """
    if len(pcm) % 2:
        raise ValueError("PCM of 16 bits has an even number of bytes")
    for at in range(0, len(pcm), 2 * rate):
        block = pcm[at : at + 2 * rate]
        frame = av.AudioFrame("s16", "mono", len(block) // 2)
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = begins + at // 2
        plane = frame.planes[0]
        plane.update(block.ljust(plane.buffer_size, b"\0"))
        yield frame


def pcm_of(frame: av.AudioFrame) -> bytes:
    """The PCM of one frame; the frame must have passed `TO_PCM`."""
    return bytes(memoryview(frame.planes[0])[: 2 * frame.samples])


def prefetch(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same blocks; a thread makes the next one while the caller uses the last (FFmpeg releases Python's lock)."""
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = maker.submit(next, blocks, None)
            yield block


def apply_filters(frames: Iterable[av.AudioFrame], *filters: Filter) -> Iterator[av.AudioFrame]:
    """Send frames through FFmpeg filters, each a name and its arguments, as a stream.

    Raises av.FFmpegError, also where the format of a frame differs from the first one's.
    """
    graph: Graph | None = None
    for frame in frames:
        graph = graph or _graph_for(frame, filters)
        graph.push(frame)
        yield from _pull_frames(graph)
    if graph:
        graph.push(None)
        yield from _pull_frames(graph)


def _graph_for(frame: av.AudioFrame, filters: Iterable[Filter]) -> Graph:
    graph = Graph()
    last = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=frame.time_base or Fraction(1, frame.sample_rate),
    )
    for name, arguments in (*filters, ("abuffersink", "")):
        following = graph.add(name, arguments)
        last.link_to(following)
        last = following
    graph.configure()
    return graph


def _pull_frames(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)  # noqa: S101 - for the type checker: the graph has no video
        yield frame
