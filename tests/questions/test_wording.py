from semnerf_lib.questions.wording import listed, span, told
from semnerf_lib.study.verdicts import compare_seeds


def found(*differences):
    return compare_seeds(list(differences), [0.0] * len(differences), margin=0)


def test_items_and_numbers_read_as_a_sentence_has_them():
    assert (listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])) == ("a", "a and b", "a, b and c")
    assert (span([3, 1, 2]), span([4, 4]), span([0.25, 0.5], "{:.1f}")) == ("1 to 3", "4", "0.2 to 0.5")


def test_what_is_told_and_what_cannot_be_told_are_sentences_of_their_own():
    gaps = {"light": found(2, 3, 4), "dust": found(-5, -6, -7), "noise": found(-9, 0, 9), "rain": found(-8, 1, 9)}
    told_ = told("mIoU is {word} with {names}", gaps, ("higher", "lower"))
    assert told_ == (
        "mIoU is higher with light (+3.0 points). mIoU is lower with dust (−6.0 points). "
        "For noise and rain the seeds cannot tell."
    )
    assert told("It is {word}: {names}", {"x": found(-1, 1)}, ("a", "b"), "scenes") == "For x the scenes cannot tell."
