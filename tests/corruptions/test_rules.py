"""rules: pixel for pixel what loops that know nothing of the library make of P2's rules."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import numpy as np
import pytest

from semnerf_lib.corruptions import rules
from semnerf_lib.corruptions.rules import (
    coarse_dense,
    coarse_sparse,
    drop_frames,
    nearest_positions,
    partial_labels,
    pixel_noise,
    pixel_noise_other,
    region_noise,
    renamed,
    spread,
    without_class,
)
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID

CLASSES = np.array([0, 2, 3, 6])


@pytest.fixture
def labels():
    """Seven frames of 13x10 pixels in blobs of four classes and void; read-only."""
    coarse = np.random.default_rng(5).choice(np.append(CLASSES, VOID), (7, 4, 5)).astype(np.uint8)
    blobs = coarse.repeat(3, axis=1).repeat(3, axis=2)[:, :10, :13].copy()
    blobs.setflags(write=False)
    return blobs


@pytest.fixture
def instances(labels):
    """Objects 1 ... 3 side by side in the frames, of another width in each, 0 between; object 3 only in two frames."""
    ids = np.zeros(labels.shape, dtype=np.uint16)
    for f in range(len(ids)):
        ids[f, 2:9, 1 : 3 + f % 4] = 1
        ids[f, 1:8, 7:9] = 2 if f != 4 else 0
        ids[f, 3:5, 10:12] = 3 if f in (1, 5) else 0
    return ids


# --- sparse labels


def test_nine_tenths_dropped_keeps_every_tenth_of_180_maps():
    assert sorted(set(range(180)) - set(spread(180, 0.9))) == list(range(0, 180, 10))


def test_a_share_that_binary_cannot_hold_counts_as_written():
    assert int(180 * 0.7) == 125 and len(spread(180, 0.7)) == 126


def test_half_dropped_drops_the_first_and_then_every_second():
    assert spread(180, 0.5) == list(range(0, 180, 2))
    assert spread(7, 0.5) == [0, 3, 5]  # 3 of 7: 2 i + min(i, 1)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.51, 0.7, 0.95, 0.99])
@pytest.mark.parametrize("n", [1, 2, 9, 30, 144, 180])
def test_dropped_maps_are_those_of_a_counting_loop(n, share):
    count = int(n * Fraction(str(share)))
    few, position, chosen = (count, 0, []) if share <= 0.5 else (n - count, 0, [])
    for i in range(few):  # the first r gaps are one longer than the others
        chosen.append(position)
        position += n // few + (i < n % few)
    assert spread(n, share) == (chosen if share <= 0.5 else [i for i in range(n) if i not in chosen])


@pytest.mark.parametrize("n", [2, 9, 36, 144, 180])
def test_a_rounded_share_keeps_exactly_k_maps(n):
    labels = np.zeros((n, 1, 1), dtype=np.uint8)
    for k in range(1, n + 1):
        for digits in (6, 17):
            share = float(f"{(n - k) / n:.{digits}g}")
            assert (drop_frames(labels, share) != VOID).sum() == k


def test_dropped_maps_are_void_and_kept_ones_as_they_were(labels):
    for share in (0.3, 0.8):
        dropped, sparse = spread(7, share), drop_frames(labels, share)
        for f in range(7):
            assert (sparse[f] == (VOID if f in dropped else labels[f])).all()


def test_dropping_every_map_raises(labels):
    with pytest.raises(SemnerfError, match="0.99999 of 7 label maps dropped, expected one left"):
        drop_frames(labels, 0.99999)


# --- pixel noise


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_pixel_noise_is_that_of_a_loop(labels, share):
    noisy = pixel_noise(labels, share, CLASSES, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    for f in range(7):
        expected = [int(x) for x in labels[f].reshape(-1)]
        order = rng.permutation(130)[: int(130 * share)]
        for pixel, new in zip(order, rng.choice(np.uint8([0, 2, 3, 6, 255]), int(130 * share)), strict=True):
            expected[pixel] = new
        assert noisy[f].reshape(-1).tolist() == expected


@pytest.mark.parametrize("noise", [pixel_noise, pixel_noise_other])
def test_pixel_noise_draws_all_its_ids_equally_often(noise):
    """With 40,000 draws a frequency strays by at most 5 standard deviations."""
    clean = np.full((4, 200, 100), 3, dtype=np.uint8)
    clean[2:] = VOID
    noisy = noise(clean, 0.5, CLASSES, np.random.default_rng(0))
    for true, frames in ((3, slice(2)), (VOID, slice(2, 4))):
        changed, ids = noisy[frames], [0, 2, 3, 6, VOID]
        if noise is pixel_noise_other:
            ids = [i for i in ids if i not in (true, VOID)]
            assert (changed != true).sum() == 20_000
        for i in ids:
            count = (changed == i).sum() - (20_000 if i == true else 0)
            p = 1 / len(ids)
            assert abs(count - 20_000 * p) < 5 * np.sqrt(20_000 * p * (1 - p))


def test_other_noise_never_draws_void_nor_the_true_id(labels):
    noisy = pixel_noise_other(labels, 0.6, CLASSES, np.random.default_rng(1))
    for f in range(7):
        assert (noisy[f] != labels[f]).sum() == int(130 * 0.6)
        assert set(np.unique(noisy[f][noisy[f] != labels[f]])) <= set(CLASSES)


def test_other_noise_strikes_the_pixels_that_pixel_noise_strikes_first(labels):
    """Of the first frame: the choice of pixels is the same draw."""
    a = pixel_noise(labels, 0.4, CLASSES, np.random.default_rng(1))[0] != labels[0]
    b = pixel_noise_other(labels, 0.4, CLASSES, np.random.default_rng(1))[0] != labels[0]
    assert (b | ~a).all() and a.sum() < b.sum()


# --- region noise


def struck_frames(labels, instances, instance, share, even):
    """Frames by P2's rule, in plain lists."""
    shown = []
    for f in range(len(labels)):
        area = sum(int(x == instance) for x in instances[f].reshape(-1))
        if area:
            shown.append((area, f))
    shown.sort(key=lambda pair: pair[0])
    n = len(shown)
    k = int(n * share)
    if not even:
        return [f for _, f in shown[:k]]
    few = k if share <= 0.5 else n - k
    positions = [n // few * i + min(i, n % few) for i in range(few)] if few else []
    if share > 0.5:
        positions = [i for i in range(n) if i not in positions]
    return [shown[i][1] for i in positions]


@pytest.mark.parametrize("even", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.75, 1.0])
def test_region_noise_is_that_of_a_loop(labels, instances, share, even):
    noisy = region_noise(labels, instances, [1, 3], share, even, CLASSES, np.random.default_rng(8))
    rng, expected = np.random.default_rng(8), labels.copy()
    for instance in (1, 3):
        for f in struck_frames(labels, instances, instance, share, even):
            new = rng.choice(np.uint8([0, 2, 3, 6, 255]))
            for y in range(10):
                for x in range(13):
                    if instances[f, y, x] == instance:
                        expected[f, y, x] = new
    assert (noisy == expected).all()
    assert (noisy[instances == 2] == labels[instances == 2]).all()


def test_region_noise_strikes_the_smallest_views_or_views_of_all_sizes(labels, instances):
    marked = np.full_like(labels, 1)  # an id that is no class, so that every struck mask shows
    areas = {f: int((instances[f] == 1).sum()) for f in range(7)}
    for even, expected in ((False, [14, 14, 21]), (True, [14, 21, 28])):
        noisy = region_noise(marked, instances, [1], 0.5, even, CLASSES, np.random.default_rng(0))
        struck = [f for f in range(7) if (noisy[f] != 1).any()]
        assert sorted(areas[f] for f in struck) == expected
        assert all((noisy[f] != 1).sum() == areas[f] for f in struck)


# --- one class


@pytest.mark.parametrize("share, lost", [(0, []), (0.5, [0, 4]), (0.75, [0, 2, 4]), (1, [0, 2, 4, 5])])
def test_a_class_becomes_void_in_a_share_of_the_frames_that_show_it(share, lost):
    labels = np.zeros((6, 3, 4), np.uint8)
    labels[[0, 2, 4, 5], 1] = 2
    given = without_class(labels, 2, share)
    assert [f for f in range(6) if (given[f] == VOID).any()] == ([2, 4, 5] if share == 0.75 else lost)
    changed = given != labels
    assert (labels[changed] == 2).all() and (given[changed] == VOID).all()
    assert all(changed[f].sum() in (0, 4) for f in range(6))


def test_a_renamed_class_has_one_other_name_in_all_frames(labels):
    names = set()
    for seed in range(20):
        given = renamed(labels, 3, 0.5, CLASSES, np.random.default_rng(seed))
        changed = given != labels
        [other] = np.unique(given[changed])
        names.add(int(other))
        assert (labels[changed] == 3).all() and sum(changed.any((1, 2))) == 3
        assert all((given[f] == 3).any() != changed[f].any() for f in range(7) if (labels[f] == 3).any())
    assert names == {0, 2, 6}


# --- super-resolution


def test_positions_are_opencvs():
    """Literal answers of cv2.resize(..., interpolation=cv2.INTER_NEAREST), OpenCV 4.5.5 and 5.0.0."""
    assert nearest_positions(16, 5).tolist() == [0, 3, 6, 9, 12]
    assert nearest_positions(5, 16).tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    assert nearest_positions(6, 34)[16:19].tolist() == [2, 2, 3]  # not 2, 3, 3
    assert nearest_positions(160, 20).tolist() == list(range(0, 160, 8))


def test_positions_are_opencvs_at_every_size_and_factor():
    """sha256 of OpenCV's answers, there and back, for 4 ... 329 pixels and factors to 32."""
    h = hashlib.sha256()
    for size in range(4, 330):
        for factor in range(1, min(size, 32) + 1):
            h.update(nearest_positions(size, size // factor).astype("<u2").tobytes())
            h.update(nearest_positions(size // factor, size).astype("<u2").tobytes())
    assert h.hexdigest() == "9dcda01901d571769261babf933aacc9907c6b6913423d02943c8118e342a70b"


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 5, 7, 10])
def test_dense_is_a_resize_there_and_back(labels, factor):
    h, w = 10 // factor, 13 // factor
    small = [[[frame[int(y * 10 / h)][int(x * 13 / w)] for x in range(w)] for y in range(h)] for frame in labels]
    expected = [[[frame[int(y * h / 10)][int(x * w / 13)] for x in range(13)] for y in range(10)] for frame in small]
    assert coarse_dense(labels, factor).tolist() == np.array(expected).tolist()


def test_dense_of_a_size_that_divides_shows_the_corner_of_each_block():
    frame = np.arange(6 * 8, dtype=np.uint8).reshape(1, 6, 8)
    assert (coarse_dense(frame, 2) == frame[:, ::2, ::2].repeat(2, 1).repeat(2, 2)).all()


def test_dense_beyond_the_image_raises(labels):
    with pytest.raises(SemnerfError, match="super-dense:11: no pixel is left of 13x10, expected a smaller factor"):
        coarse_dense(labels, 11)


@pytest.mark.parametrize("factor", [1, 3, 8, 50])
def test_sparse_keeps_the_grid(labels, factor):
    sparse = coarse_sparse(labels, factor)
    for y in range(10):
        for x in range(13):
            kept = y % factor == 0 and x % factor == 0
            assert (sparse[:, y, x] == (labels[:, y, x] if kept else VOID)).all()


# --- label propagation


def dilated(mask):
    """A binary image dilated by 5x5, pixel by pixel."""
    h, w = mask.shape
    out = np.zeros_like(mask)
    for y, x in np.argwhere(mask):
        out[max(y - 2, 0) : min(y + 3, h), max(x - 2, 0) : min(x + 3, w)] = True
    return out


def naive_partial(labels, percent, rng):
    """P2's rule on images, and how many seeds were drawn."""
    out, n_seeds = np.full_like(labels, VOID), 0
    for frame, result in zip(labels, out, strict=True):
        for c in sorted(set(frame.reshape(-1).tolist()) - {VOID}):
            of_class = frame == c
            pixels = np.argwhere(of_class)
            region = np.zeros(frame.shape, dtype=bool)
            region[tuple(pixels[rng.integers(len(pixels))])] = True
            kept, n_seeds = region.copy(), n_seeds + 1
            while kept.sum() < int(len(pixels) * percent / 100):
                before = kept.sum()
                region = dilated(region)
                kept = region & of_class
                if kept.sum() == before:
                    rest = [i for i, pixel in enumerate(pixels) if not kept[tuple(pixel)]]
                    region[tuple(pixels[rng.choice(rest)])] = True
                    n_seeds += 1
            result[kept] = c
    return out, n_seeds


@pytest.mark.parametrize("percent", [0, 1, 5, 10, 40, 100])
def test_propagation_is_that_of_dilated_images(labels, percent):
    expected, _ = naive_partial(labels, percent, np.random.default_rng(2))
    assert (partial_labels(labels, percent, np.random.default_rng(2)) == expected).all()


@pytest.mark.parametrize("seed", range(4))
def test_growth_that_stalls_is_seeded_anew(seed):
    """Islands of one class, too far apart for a dilation, in another class."""
    labels = np.zeros((2, 30, 40), dtype=np.uint8)
    for y, x in np.random.default_rng(seed).integers(0, (28, 38), (14, 2)):
        labels[:, y : y + 2, x : x + 2] = 3
    expected, n_seeds = naive_partial(labels, 90, np.random.default_rng(seed))
    assert n_seeds > 4  # more than one a class and frame
    assert (partial_labels(labels, 90, np.random.default_rng(seed)) == expected).all()


def test_single_clicks_are_one_pixel_a_class_and_frame(labels):
    clicks = partial_labels(labels, 0, np.random.default_rng(0))
    for frame, clicked in zip(labels, clicks, strict=True):
        found = clicked[clicked != VOID]
        assert sorted(found.tolist()) == sorted(set(frame.reshape(-1).tolist()) - {VOID})
        assert (clicked[clicked != VOID] == frame[clicked != VOID]).all()


def test_every_pixel_of_a_class_may_be_clicked():
    clicks = partial_labels(np.zeros((400, 2, 3), dtype=np.uint8), 0, np.random.default_rng(0))
    assert ((clicks == 0).sum(0) > 400 / 6 - 5 * np.sqrt(400 * 5 / 36)).all()


def test_growth_ends_with_the_first_step_that_reaches_the_target():
    """From the middle of one class, 1, 25, 81, 169 pixels: the first of them that int(p % of 961) does not exceed."""
    frame = np.zeros((1, 31, 31), dtype=np.uint8)

    class Middle(np.random.Generator):
        def integers(self, n):
            return n // 2

    for percent, side in ((0, 1), (0.1, 1), (0.2, 1), (0.3, 5), (2.7, 5), (2.8, 9), (10, 13)):
        kept = partial_labels(frame, percent, Middle(np.random.PCG64(0)))[0] == 0
        rows, cols = np.nonzero(kept)
        assert kept.sum() == side**2 and np.ptp(rows) == np.ptp(cols) == side - 1


# --- all


RULES = {
    "drop_frames": lambda x, i, rng: drop_frames(x, 0.5),
    "pixel_noise": lambda x, i, rng: pixel_noise(x, 0.5, CLASSES, rng),
    "pixel_noise_other": lambda x, i, rng: pixel_noise_other(x, 0.5, CLASSES, rng),
    "region_noise": lambda x, i, rng: region_noise(x, i, [1, 2], 0.5, True, CLASSES, rng),
    "without_class": lambda x, i, rng: without_class(x, 3, 0.5),
    "renamed": lambda x, i, rng: renamed(x, 3, 0.5, CLASSES, rng),
    "coarse_dense": lambda x, i, rng: coarse_dense(x, 3),
    "coarse_sparse": lambda x, i, rng: coarse_sparse(x, 3),
    "partial_labels": lambda x, i, rng: partial_labels(x, 5, rng),
}


@pytest.mark.parametrize("name", RULES)
def test_rules_are_seeded_and_leave_their_input(labels, instances, name):
    before = labels.copy()
    first, again = (RULES[name](labels, instances, np.random.default_rng(4)) for _ in range(2))
    assert (first == again).all() and (labels == before).all()
    assert first.dtype == np.uint8 and first.shape == labels.shape and not np.shares_memory(first, labels)
    assert (first != labels).any()
    other = RULES[name](labels, instances, np.random.default_rng(9))
    draws = name not in ("drop_frames", "without_class", "coarse_dense", "coarse_sparse")
    assert (first != other).any() == draws


def test_every_public_rule_is_tested_above():
    own = {name: f for name, f in vars(rules).items() if getattr(f, "__module__", "") == rules.__name__}
    assert {name for name, f in own.items() if "labels" in f.__annotations__} == set(RULES)
