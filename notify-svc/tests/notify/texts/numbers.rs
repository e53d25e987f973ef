//! Taking, confirming and forgetting a number.

use curtail_proto::notify::v1::*;
use curtail_rpc::Code;
use curtail_tokens::Scope;
use notify_svc::store::phone_numbers;
use time::Duration;

use super::api::{Api, error};
use super::kit::*;
use crate::world::{NOW, PATIENCE, World, answer};

const ADA: &str = "+15005550001";

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_confirmed_by_the_code_that_is_sent_to_it() {
    let api = Api::start().await;
    let world = world(&api).await;
    assert_eq!(get(&world, 1).await, None);
    assert_eq!(reason(confirm(&world, 1, "123456").await), "PHONE_NUMBER_NOT_SET");
    let unverified = PhoneNumber { number: ADA.into(), verified: false };
    assert_eq!(set(&world, 1, ADA).await.unwrap(), unverified);
    assert_eq!(get(&world, 1).await, Some(unverified));
    let code = code(&api, ADA, 1).await;
    let wrong = confirm(&world, 1, &other(&code)).await.unwrap_err();
    assert_eq!((wrong.code, wrong.reason.as_ref()), (Code::Invalid, "PHONE_CODE_WRONG"));
    assert_eq!((wrong.field.as_deref(), wrong.metadata["left"].as_str()), (Some("code"), "4"));
    assert_eq!(reason(confirm(&world, 2, &code).await), "PHONE_NUMBER_NOT_SET", "it is good for nobody else");

    let verified = PhoneNumber { number: ADA.into(), verified: true };
    assert_eq!(confirm(&world, 1, &code).await.unwrap(), verified);
    assert_eq!(get(&world, 1).await, Some(verified.clone()));
    assert_eq!(get(&world, 2).await, None);
    // Once more changes nothing and costs no text.
    assert_eq!(confirm(&world, 1, &code).await.unwrap(), verified);
    assert_eq!(set(&world, 1, ADA).await.unwrap(), verified);
    world.settled().await;
    assert_eq!(api.recipients(), [ADA]);
    let kept: String = sqlx::query_scalar("SELECT data::text FROM messages").fetch_one(&world.pool).await.unwrap();
    assert_eq!(kept, "{}", "the code that was sent is forgotten");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s33_what_is_no_number_is_refused_and_nothing_is_sent() {
    let api = Api::start().await;
    let world = world(&api).await;
    for bad in ["", "+123456", "+1234567890123456", "15005550001", "+15005550001,+15005550002", "+15005550001\r\n"] {
        let refused = set(&world, 1, bad).await.unwrap_err();
        assert_eq!((refused.code, refused.reason.as_ref()), (Code::Invalid, "PHONE_NUMBER_MALFORMED"), "{bad:?}");
        assert_eq!(refused.field.as_deref(), Some("number"));
    }
    let edges = ["+1234567", "+123456789012345"];
    for edge in edges {
        set(&world, 1, edge).await.unwrap();
        code(&api, edge, 1).await;
    }
    assert_eq!(api.receiver.count(), 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_for_10_minutes() {
    let api = Api::start().await;
    let world = world(&api).await;
    for (user, number, seconds, expected) in [(1, ADA, 599, None), (2, "+15005550002", 600, Some("PHONE_CODE_EXPIRED"))]
    {
        let asked = world.clock.now();
        set(&world, user, number).await.unwrap();
        let code = code(&api, number, 1).await;
        world.clock.set(asked + Duration::seconds(seconds));
        let result = confirm(&world, user, &code).await;
        assert_eq!(result.err().map(|error| error.reason.into_owned()).as_deref(), expected, "{seconds}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_may_be_guessed_5_times() {
    let api = Api::start().await;
    let world = world(&api).await;
    set(&world, 1, ADA).await.unwrap();
    let first = code(&api, ADA, 1).await;
    for malformed in ["", "12345", "1234567", "abcdef", " 12345"] {
        assert_eq!(reason(confirm(&world, 1, malformed).await), "PHONE_CODE_MALFORMED", "uses up nothing");
    }
    for left in ["4", "3", "2", "1"] {
        let wrong = confirm(&world, 1, &other(&first)).await.unwrap_err();
        assert_eq!((wrong.reason.as_ref(), wrong.metadata["left"].as_str()), ("PHONE_CODE_WRONG", left));
    }
    assert_eq!(reason(confirm(&world, 1, &other(&first)).await), "PHONE_CODE_USED_UP");
    assert_eq!(reason(confirm(&world, 1, &first).await), "PHONE_CODE_USED_UP", "too late");
    // Another code begins again, and the one before is none any more.
    set(&world, 1, ADA).await.unwrap();
    let second = code(&api, ADA, 2).await;
    if first != second {
        assert_eq!(reason(confirm(&world, 1, &first).await), "PHONE_CODE_WRONG");
    }
    assert!(confirm(&world, 1, &second).await.unwrap().verified);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_number_takes_the_place_of_the_one_before() {
    let api = Api::start().await;
    let world = world(&api).await;
    confirmed(&world, &api, 1, ADA).await;
    let next = "+15005550002";
    assert!(!set(&world, 1, next).await.unwrap().verified);
    assert_eq!(get(&world, 1).await, Some(PhoneNumber { number: next.into(), verified: false }));
    remove(&world, 1).await;
    assert_eq!(get(&world, 1).await, None);
    remove(&world, 1).await;
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM messages WHERE address <> ''").fetch_one(&world.pool).await.unwrap();
    assert_eq!(kept, 0, "where texts went is forgotten with the number");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_number_ends_with_it() {
    let api = Api::start().await;
    api.treat(ADA, error("503 Service Unavailable", 20_503, ""));
    let world = world(&api).await;
    set(&world, 1, ADA).await.unwrap();
    tried(&world, 1).await;
    remove(&world, 1).await;
    assert_eq!(only(&world).await.0, 4);
    api.forgive(ADA);
    world.clock.advance(Duration::MINUTE);
    // What is sent after it shows that it was passed over.
    set(&world, 2, "+15005550002").await.unwrap();
    code(&api, "+15005550002", 1).await;
    assert_eq!(api.recipients(), ["+15005550002"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_too_late_is_not_sent_any_more() {
    let api = Api::start().await;
    api.treat(ADA, error("500 Internal Server Error", 20_500, ""));
    let world = world(&api).await;
    set(&world, 1, ADA).await.unwrap();
    tried(&world, 1).await;
    api.forgive(ADA);
    world.clock.advance(Duration::minutes(10) + Duration::SECOND);
    world.settled().await;
    let (state, _, error) = only(&world).await;
    assert_eq!((state, error.as_str()), (3, "too old; last: status 500, error 20500"));
    assert!(api.taken().is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_never_confirmed_is_forgotten_after_a_day() {
    let api = Api::start().await;
    let world = world(&api).await;
    confirmed(&world, &api, 1, ADA).await;
    set(&world, 2, "+15005550002").await.unwrap();
    let expired = NOW + Duration::minutes(10);
    phone_numbers::purge(&world.pool, expired).await.unwrap();
    assert!(get(&world, 2).await.is_some());
    phone_numbers::purge(&world.pool, expired + Duration::SECOND).await.unwrap();
    assert_eq!(get(&world, 2).await, None);
    assert!(get(&world, 1).await.unwrap().verified);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_numbers_are_for_people_who_are_signed_in() {
    let world = World::start().await;
    let key = || Some(vec![Scope::Admin]);
    let mut client = world.client();
    let (number, code) = (ADA.to_owned(), "123456".to_owned());
    for by_key in [true, false] {
        macro_rules! refused {
            ($call:ident($message:expr)) => {{
                let message = $message;
                let request = if by_key { world.request_as(1, key(), message) } else { world.request(message) };
                let refused = answer(client.$call(request).await).map(|_| ()).unwrap_err();
                assert_eq!(refused.reason, if by_key { "SESSION_REQUIRED" } else { "USER_REQUIRED" });
            }};
        }
        refused!(get_phone_number(GetPhoneNumberRequest {}));
        refused!(set_phone_number(SetPhoneNumberRequest { number: number.clone() }));
        refused!(confirm_phone_number(ConfirmPhoneNumberRequest { code: code.clone() }));
        refused!(remove_phone_number(RemovePhoneNumberRequest {}));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_api_texts_are_private_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::start().await;
    set(&world, 1, ADA).await.unwrap();
    let files = || -> Vec<std::path::PathBuf> {
        let Ok(dir) = std::fs::read_dir(&world.config.notify.mailbox_dir) else { return Vec::new() };
        dir.map(|file| file.unwrap().path()).filter(|path| path.to_string_lossy().ends_with(".sms.txt")).collect()
    };
    curtail_testkit::until(async || !files().is_empty(), PATIENCE, "the text is in the folder").await;
    let path = files().remove(0);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("20261121T120000Z-phone-code-"), "{name}");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(&format!("To: {ADA}\n\nCurtail: ")), "{text}");
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    world.stop().await;
}
