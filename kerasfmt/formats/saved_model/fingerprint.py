"""pending"""
from kerasfmt import protos
def fingerprint(saved, data, index):
    return protos.FingerprintDef()
