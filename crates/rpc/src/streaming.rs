//! Which RPCs answer with a stream. The contracts say it; neither server nor caller has to repeat it.

use std::{collections::HashSet, sync::LazyLock};

use prost::Message as _;
use prost_types::FileDescriptorSet;

static STREAMS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    // What does not decode would be a fault of the build, and no stream would work; a test would tell.
    let contracts = FileDescriptorSet::decode(curtail_proto::FILE_DESCRIPTOR_SET).unwrap_or_default();
    let mut paths = HashSet::new();
    for file in &contracts.file {
        for service in &file.service {
            let streams = service.method.iter().filter(|method| method.server_streaming());
            paths.extend(streams.map(|method| format!("/{}.{}/{}", file.package(), service.name(), method.name())));
        }
    }
    paths
});

/// Whether the RPC at this path answers with a stream.
pub(crate) fn is_stream(path: &str) -> bool {
    STREAMS.contains(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_tell_streams_from_other_rpcs() {
        assert!(is_stream("/curtail.analytics.v1.LiveService/WatchClicks"));
        assert!(!is_stream("/curtail.analytics.v1.AnalyticsService/QueryAnalytics"));
        assert!(!is_stream("/curtail.analytics.v1.LiveService/Nothing"));
    }
}
