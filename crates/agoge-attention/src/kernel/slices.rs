//! Being woken in time on a busy machine.
#![allow(unsafe_code)]

/// Asks the scheduler to give this thread its time in short slices, so that it is let in soon after
/// it wakes, where another thread is computing on the core: for work of a fraction of a
/// millisecond. It gets no more time in all. 0 goes back to ordinary slices. Whether it was
/// granted: Linux from 6.12 on grants it to anyone.
pub fn short_slices(microseconds: u32) -> bool {
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
        // SAFETY: the call reads `size` bytes of a structure that lives through it, and changes
        // nothing but how this thread (0) is scheduled.
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
