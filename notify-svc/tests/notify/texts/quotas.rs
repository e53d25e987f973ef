//! How many codes are sent.

use curtail_rpc::Code;
use time::Duration;

use super::api::Api;
use super::kit::*;
use crate::world::NOW;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_gets_3_codes_an_hour() {
    let api = Api::start().await;
    let world = world(&api).await;
    for (minute, number) in numbers(3).iter().enumerate() {
        world.clock.set(NOW + Duration::minutes(10) * minute.try_into().unwrap_or(0_i32));
        set(&world, 1, number).await.unwrap();
    }
    // Half a second before the first of them is an hour old.
    world.clock.set(NOW + Duration::HOUR - Duration::milliseconds(500));
    let refused = set(&world, 1, "+15005550009").await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_ref()), (Code::RateLimited, "TOO_MANY_PHONE_CODES"));
    assert_eq!(refused.retry_after, Some(std::time::Duration::from_millis(500)));
    world.clock.set(NOW + Duration::HOUR);
    set(&world, 1, "+15005550009").await.unwrap();
    assert_eq!(reason(set(&world, 1, "+15005550010").await), "TOO_MANY_PHONE_CODES", "the second is 50 minutes old");
    assert!(set(&world, 2, "+15005550010").await.is_ok(), "others have their own");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_gets_3_codes_an_hour_whoever_asks() {
    let api = Api::start().await;
    let world = world(&api).await;
    let victim = "+15005550001";
    for user in 1..=3 {
        set(&world, user, victim).await.unwrap();
    }
    for _ in 0..3 {
        assert_eq!(reason(set(&world, 4, victim).await), "TOO_MANY_PHONE_CODES");
    }
    // Forgetting it changes nothing.
    remove(&world, 1).await;
    assert_eq!(reason(set(&world, 1, victim).await), "TOO_MANY_PHONE_CODES");
    // What was refused is not counted.
    for number in numbers(3) {
        set(&world, 4, &number).await.unwrap();
    }
    world.settled().await;
    assert!(api.texts(victim).len() <= 3);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_are_asked_for_at_once_are_counted_all_the_same() {
    let api = Api::start().await;
    let world = world(&api).await;
    let tries = (0..12_i64).map(|n| {
        // Four users, two numbers; each pair three times.
        let (user, number) = (n % 4 + 1, format!("+1500555000{}", n % 2));
        let request = world.request_as(user, None, curtail_proto::notify::v1::SetPhoneNumberRequest { number });
        let mut client = world.client();
        tokio::spawn(async move { client.set_phone_number(request).await.is_ok() })
    });
    let mut sent = 0;
    for done in tries.collect::<Vec<_>>() {
        sent += usize::from(done.await.unwrap());
    }
    assert_eq!(sent, 6, "three to each number");
    world.stop().await;
}
