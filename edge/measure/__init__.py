"""From a sample to a person's temperature: radiation, reference, faces, sites, heat balance, and how sure each is."""


class VisionMissing(ImportError):
    """OpenCV cannot be used on this machine; the text says what to install."""


try:
    import cv2  # asked here once, so that the answer is a sentence and not a trace of the loader
except ImportError as error:
    raise VisionMissing(
        f"OpenCV does not load ({error}). It needs libraries of the system; on Debian or Ubuntu: "
        "apt-get install libgl1 libglib2.0-0 libsm6 libxext6 libxrender1"
    ) from error

cv2.setNumThreads(1)
# The pictures are small: more threads make the network no faster and cost a fifth more processor, which other lanes and
# the kiosk's browser need.
