//! Events: whatever lies in a stream is decoded or refused, and what was decoded means the same when it is written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use curtail_proto::events::v1::{Click, ClickBatch, Envelope};

fuzz_target!(|bytes: &[u8]| {
    again::<Envelope>(bytes);
    again::<ClickBatch>(bytes);
    again::<Click>(bytes);
});

fn again<M: Message + Default + PartialEq>(bytes: &[u8]) {
    let Ok(message) = M::decode(bytes) else { return };
    let written = message.encode_to_vec();
    assert_eq!(M::decode(written.as_slice()).expect("we wrote it").encode_to_vec(), written);
}
