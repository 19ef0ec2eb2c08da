"""What can go wrong with the machine that the server runs on: its wall clock jumps, its disk is full."""

import mmap
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_SOURCE = Path(__file__).with_name("wall_clock.c")


class ImpossibleHereError(Exception):
    """This machine does not allow that fault; says why."""


class WallClock:
    """The wall clock of the processes that are started with its environment."""

    def __init__(self, folder: Path) -> None:
        """Prepare it, without any difference to the real one.

        Raises:
            ImpossibleHereError: There is no C compiler.
        """
        library, file = folder / "wall_clock.so", folder / "wall_clock"
        compiler = shutil.which("cc")
        if compiler is None:
            raise ImpossibleHereError("there is no C compiler (cc)")
        command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)]
        subprocess.run(command, check=True, timeout=60)
        file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._offset = mmap.mmap(opened.fileno(), 8)
        self.environment: Mapping[str, str] = {"LD_PRELOAD": str(library), "CHAOS_WALL_CLOCK": str(file)}

    @property
    def hours(self) -> int:
        """How far it is ahead of the real one."""
        seconds: int = struct.unpack("q", self._offset)[0]
        return seconds // 3600

    def jump_to(self, hours: int) -> None:
        """Be that far ahead of the real one, in all processes at once."""
        self._offset[:] = struct.pack("q", hours * 3600)


class SmallDisk:
    """A file system of one mebibyte."""

    def __init__(self, place: Path) -> None:
        """It lies there while it is mounted."""
        self._filling = place / "filling"

    def fill(self) -> None:
        """Leave no byte free."""
        with self._filling.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                return

    def free(self) -> None:
        """Leave room again."""
        self._filling.unlink()


@contextmanager
def mounted(place: Path) -> Iterator[SmallDisk]:
    """A small disk, until the end of the block.

    Raises:
        ImpossibleHereError: Only root may mount one, and not everywhere.
    """
    place.mkdir(mode=0o700)
    command = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    except FileNotFoundError as exc:
        raise ImpossibleHereError("there is no program to mount a file system") from exc
    if done.returncode != 0:
        raise ImpossibleHereError("this user may not mount a file system")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, timeout=30)
