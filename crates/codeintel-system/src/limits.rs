//! What this process may take of the machine.

/// Let this process have no more than so many bytes of data from now on. What asks for more is refused, and has to report that. Where the
/// operating system has no such limit, nothing happens.
pub fn limit_memory(bytes: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let Rlimit { current, maximum } = getrlimit(Resource::Data);
        let wanted = [Some(bytes), current, maximum].into_iter().flatten().min();
        // Without the limit the process takes more, which is no failure.
        let _limited = setrlimit(Resource::Data, Rlimit { current: wanted, maximum });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = bytes;
}
