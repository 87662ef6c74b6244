"""The frames of a slice: their order in the beat, and none of them twice."""

import itertools

import numpy as np
import pydicom
import pytest

from dicom_files import FRAMES, INTERVAL_MS, SLICES, planes, write_cine, write_enhanced, write_image
from murmur.data.dicom import find_session, read_pixels
from murmur.errors import BadInput

TWICE = list(itertools.product(range(SLICES), range(2 * FRAMES)))


def frames_of(session):
    """The frames in their order, as the pixels show them."""
    return (read_pixels(session)[0, 0, 0] // 4000).tolist()


@pytest.mark.parametrize("temporal", [False, True])
def test_times_that_restart_are_two_beats_whatever_the_numbers(tmp_path, temporal):
    """Two beats, magnitudes and phases without a label, or two respiratory positions: each time is there twice."""
    for number, frame in TWICE:
        order = {"TemporalPositionIdentifier": frame + 1} if temporal else {}
        write_image(
            tmp_path, number, frame, InstanceNumber=number * 12 + frame + 1, TriggerTime=frame % 6 * 8.0, **order
        )
    with pytest.raises(BadInput, match=r"slice 1: found several images at one time of the cardiac cycle \(series 5\)"):
        find_session(str(tmp_path))


def test_temporal_positions_that_restart_are_two_beats(tmp_path):
    for number, frame in TWICE:
        own = {"TriggerTime": None, "TemporalPositionIdentifier": frame % 6 + 1}
        write_image(tmp_path, number, frame, InstanceNumber=number * 12 + frame + 1, **own)
    with pytest.raises(BadInput, match="several images at one time of the cardiac cycle"):
        find_session(str(tmp_path))


def test_two_acquisitions_of_a_series_are_not_interleaved(tmp_path):
    for number, frame in TWICE:
        own = {"TriggerTime": frame // 2 * 8.0 + frame % 2 * 0.4, "AcquisitionNumber": frame % 2 + 1}
        write_image(tmp_path, number, frame, InstanceNumber=number * 12 + frame + 1, **own)
    with pytest.raises(BadInput, match=r"slice 1: found frames of 2 acquisitions \(series 5\), expected one; keep the"):
        find_session(str(tmp_path))


@pytest.mark.parametrize("number_of", [lambda number, frame: number, lambda number, frame: frame])
def test_acquisitions_of_a_slice_or_a_frame_each_are_one_cine(tmp_path, number_of):
    for number, frame in itertools.product(range(SLICES), range(FRAMES)):
        write_image(tmp_path, number, frame, AcquisitionNumber=number_of(number, frame) + 1)
    assert frames_of(find_session(str(tmp_path))) == list(range(FRAMES))


def test_frame_of_the_r_wave_with_the_delay_of_the_next_is_the_first(tmp_path):
    for number, frame in itertools.product(range(SLICES), range(FRAMES)):
        write_image(tmp_path, number, frame, TriggerTime=(frame or FRAMES) * INTERVAL_MS)
    session = find_session(str(tmp_path))
    assert frames_of(session) == list(range(FRAMES)) and session.cine.frame_interval_ms == INTERVAL_MS


@pytest.mark.parametrize("where", ["actual", "converted"])
def test_delays_of_enhanced_files_in_other_fields(tmp_path, where):
    """Frames in another order than in the file, whose delays are actual ones, or those of converted classic files."""
    order = [(number, frame) for number in range(SLICES) for frame in (3, 1, 0, 5, 4, 2)]
    write_enhanced(tmp_path / "one.dcm", order)
    dataset = pydicom.dcmread(tmp_path / "one.dcm")
    for group, (_, frame) in zip(dataset.PerFrameFunctionalGroupsSequence, order, strict=True):
        del group.FrameContentSequence[0].TemporalPositionIndex
        item = pydicom.Dataset()
        if where == "actual":
            item.ActualCardiacTriggerDelayTime = frame * INTERVAL_MS
            group.CardiacSynchronizationSequence = pydicom.Sequence([item])
        else:
            del group.CardiacSynchronizationSequence
            item.TriggerTime, item.NominalInterval = frame * INTERVAL_MS, 48
            group.UnassignedPerFrameConvertedAttributesSequence = pydicom.Sequence([item])
    dataset.save_as(tmp_path / "one.dcm")
    session = find_session(str(tmp_path))
    assert frames_of(session) == list(range(FRAMES)) and session.cine.frame_interval_ms == INTERVAL_MS
    assert session.cine.cycle_ms == (None if where == "actual" else 48)


def test_heart_rate_of_the_header_is_the_cycle(tmp_path):
    write_cine(tmp_path, NominalInterval=None, HeartRate=500)
    assert find_session(str(tmp_path)).cine.cycle_ms == 120


def test_delays_that_are_all_equal_order_nothing(tmp_path):
    for number, frame in itertools.product(range(SLICES), reversed(range(FRAMES))):
        write_image(tmp_path, number, frame, TriggerTime=0, pixels=np.asarray(planes(number, frame)))
    assert frames_of(find_session(str(tmp_path))) == list(range(FRAMES))
