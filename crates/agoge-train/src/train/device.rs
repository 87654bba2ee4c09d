//! The device that training runs on.

use burn::tensor::Device;

/// A GPU if this was built for one (features `cuda` and `wgpu`, in that order of preference),
/// otherwise the CPU. On the CPU the operations of [`crate::ops`] run, and the weights are the same
/// to the bit for any number of threads; a GPU guarantees neither.
pub fn training_device() -> Device {
    #[cfg(feature = "cuda")]
    return Device::cuda(0);
    #[cfg(all(feature = "wgpu", not(feature = "cuda")))]
    return Device::wgpu(burn::tensor::DeviceKind::DefaultDevice);
    #[cfg(not(any(feature = "cuda", feature = "wgpu")))]
    return Device::flex();
}
