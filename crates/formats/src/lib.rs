//! Bytes to kernel values and back: ODM, USDM, CSV, XPT, JSON. Pure.
