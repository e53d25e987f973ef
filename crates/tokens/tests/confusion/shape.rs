//! Header, number of parts, encoding, length.

use curtail_tokens::{MAX_TOKEN_BYTES, Purpose, TokenError};

use crate::{
    forge::{NOW, ring, token},
    refused,
};

#[test]
fn s22_empty() {
    assert_eq!(refused(""), TokenError::Malformed);
}

#[test]
fn s22_header_alone() {
    assert_eq!(refused("v4.public."), TokenError::Malformed);
}

#[test]
fn s22_v4_local() {
    assert_eq!(refused(&token().replacen("v4.public.", "v4.local.", 1)), TokenError::Malformed);
}

#[test]
fn s22_v3_public() {
    assert_eq!(refused(&token().replacen("v4.", "v3.", 1)), TokenError::Malformed);
}

#[test]
fn s22_v2_public() {
    assert_eq!(refused(&token().replacen("v4.", "v2.", 1)), TokenError::Malformed);
}

#[test]
fn s22_upper_case_header() {
    assert_eq!(refused(&token().replacen("v4.public", "V4.PUBLIC", 1)), TokenError::Malformed);
}

#[test]
fn s22_a_jwt() {
    assert_eq!(refused("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1OjEifQ."), TokenError::Malformed);
}

#[test]
fn s22_white_space_around() {
    assert_eq!(refused(&format!(" {}", token())), TokenError::Malformed);
    assert_eq!(refused(&format!("{}\n", token())), TokenError::Malformed);
}

#[test]
fn s22_footer_missing() {
    let token = token();
    assert_eq!(refused(&token[..token.rfind('.').unwrap()]), TokenError::Malformed);
    assert_eq!(refused(&token[..=token.rfind('.').unwrap()]), TokenError::Malformed);
}

#[test]
fn s22_a_fifth_part() {
    assert_eq!(refused(&format!("{}.YQ", token())), TokenError::Malformed);
}

#[test]
fn s22_payload_missing() {
    let footer = token().rsplit_once('.').unwrap().1.to_owned();
    assert_eq!(refused(&format!("v4.public..{footer}")), TokenError::Malformed);
}

#[test]
fn s22_payload_shorter_than_a_signature() {
    let footer = token().rsplit_once('.').unwrap().1.to_owned();
    assert_eq!(refused(&format!("v4.public.{}.{footer}", "A".repeat(84))), TokenError::Malformed);
}

#[test]
fn s22_base64_with_padding() {
    assert_eq!(refused(&token().replacen(".eyJ", "=.eyJ", 2)), TokenError::Malformed);
}

#[test]
fn s22_base64_of_the_other_alphabet() {
    let (start, end) = ("v4.public.".len(), "v4.public.".len() + 1);
    for letter in ["+", "/", "!", "%"] {
        let mut token = token();
        token.replace_range(start..end, letter);
        assert_eq!(refused(&token), TokenError::Malformed, "{letter}");
    }
}

#[test]
fn s22_truncated_anywhere() {
    let token = token();
    for end in 0..token.len() {
        assert!(curtail_tokens::verify(&ring(), Purpose::Internal, &token[..end], NOW).is_err(), "cut at {end}");
    }
}

#[test]
fn s22_any_character_changed() {
    let token = token();
    for at in 0..token.len() {
        for other in ["A", "_", "9"] {
            let mut changed = token.clone();
            changed.replace_range(at..=at, other);
            if changed != token {
                assert!(curtail_tokens::verify(&ring(), Purpose::Internal, &changed, NOW).is_err(), "{other} at {at}");
            }
        }
    }
}

#[test]
fn s22_longest_token_and_one_byte_more() {
    assert_eq!(refused(&"x".repeat(MAX_TOKEN_BYTES)), TokenError::Malformed);
    assert_eq!(refused(&"x".repeat(MAX_TOKEN_BYTES + 1)), TokenError::TooLong);
}
