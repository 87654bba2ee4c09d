//! The device that training runs on.

use burn::tensor::Device;

/// The CPU, on which the operations of [`crate::ops`] run: the weights are the same to the bit for
/// any number of threads.
pub fn training_device() -> Device {
    Device::flex()
}
