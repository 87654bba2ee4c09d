//! Scheduling hints for low wake-up latency on a busy machine.
#![allow(unsafe_code)]

/// Asks the scheduler to run this thread in short time slices, so that it is scheduled soon after
/// it wakes even while another thread is computing on the core. Meant for work that takes a
/// fraction of a millisecond; the total CPU time stays the same. 0 restores ordinary slices.
/// Returns whether the request was granted: Linux 6.12 and later grant it to anyone.
pub fn request_short_slices(microseconds: u32) -> bool {
    #[cfg(target_os = "linux")]
    {
        /// `struct sched_attr` of `sched_setattr(2)`, in its first version.
        #[repr(C)]
        struct Attributes {
            size: u32,
            policy: u32,
            flags: u64,
            nice: i32,
            priority: u32,
            runtime_ns: u64,
            deadline_ns: u64,
            period_ns: u64,
        }
        const ORDINARY: u32 = 0;
        let attributes = Attributes {
            size: size_of::<Attributes>() as u32,
            policy: ORDINARY,
            flags: 0,
            nice: 0,
            priority: 0,
            runtime_ns: u64::from(microseconds) * 1000,
            deadline_ns: 0,
            period_ns: 0,
        };
        // SAFETY: the call reads `size` bytes of a structure that outlives it, and only changes how
        // this thread (0) is scheduled.
        unsafe {
            libc::syscall(libc::SYS_sched_setattr, 0, std::ptr::from_ref(&attributes), 0) == 0
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = microseconds;
        false
    }
}
