//! The metrics of this service.

use std::time::Duration;

use ::metrics::{counter, describe_counter, describe_histogram, histogram};

const RUNS: &str = "expiry_runs_total";
const RUN_SECONDS: &str = "expiry_run_seconds";

pub(crate) fn describe() {
    describe_counter!(RUNS, "Runs of jobs, by job and outcome (done, failed).");
    describe_histogram!(RUN_SECONDS, "Duration of a run of a job, by job.");
}

pub(crate) fn record_run(job: &'static str, succeeded: bool, duration: Duration) {
    let outcome = if succeeded { "done" } else { "failed" };
    counter!(RUNS, "job" => job, "outcome" => outcome).increment(1);
    histogram!(RUN_SECONDS, "job" => job).record(duration.as_secs_f64());
}
