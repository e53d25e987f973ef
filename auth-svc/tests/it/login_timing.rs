//! S11: how long an answer takes tells nothing about who has an account.

use std::time::{Duration, Instant};

use curtail_proto::auth::v1::LoginRequest;

use crate::test_app::{AuthClient, TestApp, answer, as_service, client, reason};

const ACCOUNTS: usize = 25;
/// Each round gives a ratio of medians. There are more of them until the verdict is clear or the time is over: on a quiet
/// machine the first nine do, on a busy one they scatter.
const LEAST_ROUNDS: usize = 9;
const LONGEST: Duration = Duration::from_secs(45);
const TOLERANCE: f64 = 0.05;
const PASSES_A_ROUND: usize = 2;
/// Unknown account and wrong password are tried in turn, so that whatever else the machine does meets both alike. The medians
/// over the rounds are judged: of the ratios of medians, and of Mann-Whitney's p.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s11_login_timing_is_that_of_a_wrong_password_for_unknown_users() {
    let app = TestApp::with(|config| {
        // About 2 ms a hash: heavy enough to be the bulk of an answer, light enough for thousands of tries.
        (config.auth.argon2_memory_kib, config.auth.argon2_passes) = (2048, 1);
        config.auth.hash_queue_ms = 10_000;
        (config.auth.login_ip_burst, config.auth.login_account_per_hour) = (100_000, 1_000_000);
    })
    .await;
    for n in 0..ACCOUNTS {
        app.register(&format!("known{n}@example.com")).await;
    }
    let auth = app.client();
    for n in 0..5 {
        attempt(&auth, "warm", n).await;
    }
    let (mut ratios, mut ps) = (Vec::new(), Vec::new());
    let started = Instant::now();
    while ratios.len() < LEAST_ROUNDS || (!is_clear(&ratios) && started.elapsed() < LONGEST) {
        let (known, unknown) = round(&app, &auth).await;
        ratios.push(median(&known).as_secs_f64() / median(&unknown).as_secs_f64());
        ps.push(mann_whitney_p(&known, &unknown));
    }
    let (ratio, p) = (middle(&ratios), middle(&ps));
    println!("{} rounds: ratio {ratio:.3} (error {:.3}), p {p:.3}", ratios.len(), error_of_middle(&ratios));
    assert!((ratio - 1.0).abs() <= TOLERANCE, "medians differ by the factor {ratio:.3}: {ratios:.3?}");
    assert!(p > 0.01, "Mann-Whitney p = {p:.4}: {ps:.3?}");
}

/// Whether the bound is kept or broken by more than twice the error.
fn is_clear(ratios: &[f64]) -> bool {
    let distance = (middle(ratios) - 1.0).abs() - TOLERANCE;
    distance.abs() > 2.0 * error_of_middle(ratios)
}

async fn round(app: &TestApp, auth: &AuthClient) -> (Vec<Duration>, Vec<Duration>) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for pass in 0..PASSES_A_ROUND {
        // The growing delay of every account passes, so that each try is looked at.
        app.advance(time::Duration::seconds(31)).await;
        for n in 0..ACCOUNTS {
            // Who goes first changes too.
            if (n + pass) % 2 == 0 {
                known.push(attempt(auth, "known", n).await);
                unknown.push(attempt(auth, "unknown", n).await);
            } else {
                unknown.push(attempt(auth, "unknown", n).await);
                known.push(attempt(auth, "known", n).await);
            }
        }
    }
    (known, unknown)
}

async fn attempt(auth: &AuthClient, kind: &str, n: usize) -> Duration {
    let account = format!("{kind}{n}@example.com");
    let started = Instant::now();
    let outcome = log_in(auth.clone(), &account).await;
    let took = started.elapsed();
    assert_eq!(outcome, "BAD_CREDENTIALS");
    took
}

async fn log_in(mut auth: AuthClient, account: &str) -> String {
    let password = "not the password".into();
    let request = LoginRequest { email: account.into(), password, client: client("192.0.2.1", "") };
    reason(answer(auth.login(as_service(request)).await))
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

fn middle(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Standard error of the median, from the median absolute deviation as for normal values.
fn error_of_middle(values: &[f64]) -> f64 {
    let middle_value = middle(values);
    let deviations: Vec<f64> = values.iter().map(|value| (value - middle_value).abs()).collect();
    1.2533 * 1.4826 * middle(&deviations) / (values.len() as f64).sqrt()
}

/// Two-sided p of the Mann-Whitney U test by its normal approximation, which is good from 20 values a side on. Times in
/// nanoseconds have no ties worth a correction.
fn mann_whitney_p(a: &[Duration], b: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> = a.iter().map(|t| (*t, true)).chain(b.iter().map(|t| (*t, false))).collect();
    all.sort_unstable();
    let rank_sum: f64 = all.iter().enumerate().filter(|(_, (_, of_a))| *of_a).map(|(i, _)| i as f64 + 1.0).sum();
    let (n, m) = (a.len() as f64, b.len() as f64);
    let u = rank_sum - n * (n + 1.0) / 2.0;
    let z = (u - n * m / 2.0).abs() / (n * m * (n + m + 1.0) / 12.0).sqrt();
    2.0 * (1.0 - normal_cdf(z))
}

/// Abramowitz and Stegun 26.2.17; the error is below 1e-7.
fn normal_cdf(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let tail = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let poly = tail.iter().fold(0.0, |sum, c| (sum + c) * t);
    1.0 - (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly
}

#[test]
fn the_test_itself_sees_a_difference_and_sees_none() {
    // Even and odd nanoseconds, so that there are no ties.
    let times = |first: u64| (0..70u64).map(|n| Duration::from_nanos(first + 2 * n)).collect::<Vec<_>>();
    assert!(mann_whitney_p(&times(0), &times(1)) > 0.8);
    assert!(mann_whitney_p(&times(0), &times(51)) < 0.001);
    assert!((normal_cdf(1.96) - 0.975).abs() < 1e-4);
}
