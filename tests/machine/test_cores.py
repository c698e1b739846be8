"""cores: work on one core beside others, and work shared among several."""

from __future__ import annotations

import _thread
import subprocess
import sys
import threading
import time

import pytest
import torch

from semnerf_lib.machine.cores import compute_alone, in_threads, on_cores, one_core

CPU = torch.device("cpu")


def in_a_thread(call):
    found = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join()
    return found[0]


def test_a_thread_that_computes_alone_leaves_the_others_their_cores(three_cores):
    assert in_a_thread(lambda: (compute_alone(3), torch.get_num_threads())[1]) == 1
    assert torch.get_num_threads() == 3 and in_a_thread(torch.get_num_threads) == 3


def test_one_core_is_for_this_thread_and_meanwhile(three_cores):
    with pytest.raises(ValueError, match="meanwhile"), one_core():
        assert torch.get_num_threads() == 1 and in_a_thread(torch.get_num_threads) == 3
        raise ValueError("meanwhile")
    assert torch.get_num_threads() == 3 and in_a_thread(torch.get_num_threads) == 3


@pytest.mark.parametrize(
    "threads, n, size, count", [(1, 1000, None, 1), (2, 1000, None, 8), (3, 5, None, 5), (2, 7, 1, 7), (2, 0, None, 0)]
)
def test_threads_share_pieces_that_cover_everything_once(cores, threads, n, size, count):
    cores(threads)
    done = []
    in_threads(n, lambda start, stop: done.append((start, stop)), size)
    assert len(done) == count
    assert [i for start, stop in sorted(done) for i in range(start, stop)] == list(range(n))


@pytest.mark.parametrize("threads, bad", [(1, 0), (2, 0), (2, 7)])
def test_an_error_in_any_piece_comes_out_and_no_thread_works_on(cores, threads, bad):
    at_work = []

    def work(start, stop):
        at_work.append(start)
        if start == bad:
            raise ValueError("a piece")
        time.sleep(0.01)
        at_work.remove(start)

    cores(threads)
    with pytest.raises(ValueError, match="a piece"):
        in_threads(8, work, size=1)
    assert at_work == [bad]


def test_after_an_interrupt_nobody_begins_another_piece(cores):
    begun, caller = [], threading.current_thread()

    def work(start, stop):
        begun.append(start)
        time.sleep(0.1)
        if threading.current_thread() is caller:
            raise KeyboardInterrupt

    cores(2)
    with pytest.raises(KeyboardInterrupt):
        in_threads(50, work, size=1)
    assert len(begun) <= 4


def test_results_come_in_order_whoever_is_done_first(three_cores):
    def slower_first(i):
        time.sleep(0.02 * (3 - i % 3))
        return i, torch.get_num_threads()

    with on_cores(slower_first, range(9), CPU) as results:
        assert list(results) == [(i, 1) for i in range(9)]
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize("threads, n", [(3, 1), (1, 4)])
def test_one_item_or_one_core_is_the_callers(cores, threads, n):
    cores(threads)
    with on_cores(lambda _: (threading.current_thread(), torch.get_num_threads()), range(n), CPU) as results:
        assert list(results) == [(threading.current_thread(), threads)] * n


@pytest.mark.parametrize("fault", ["of the work", "of the caller", "an interrupt"])
def test_whatever_happens_nobody_works_on(three_cores, fault):
    working, begun = set(), []

    def work(i):
        working.add(i)
        begun.append(i)
        if i == 1 and fault == "an interrupt":
            _thread.interrupt_main()
        time.sleep(0.05)
        working.discard(i)
        if i == 1 and fault == "of the work":
            raise ValueError("the second")

    expected = KeyboardInterrupt if fault == "an interrupt" else ValueError
    with pytest.raises(expected), on_cores(work, range(100), CPU) as results:
        for _ in results:
            if fault == "of the caller":
                raise ValueError
    assert not working and len(begun) < 20
    assert torch.get_num_threads() == 3


def test_an_ending_interpreter_lends_no_threads_and_its_work_is_done_all_the_same():
    code = """
import atexit, torch
from semnerf_lib.machine.cores import in_threads, on_cores
torch.set_num_threads(3)
done = []
def last():
    with on_cores(lambda i: i * i, range(4), torch.device("cpu")) as squares:
        print(*squares)
    in_threads(5, lambda start, stop: done.append(start), size=1)
    print(*sorted(done))
atexit.register(last)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == ["0 1 4 9", "0 1 2 3 4"] and not said.stderr
