//! Cutting streams.

use std::sync::LazyLock;
use std::time::Duration;

use fred::clients::Pool;
use fred::error::Error;
use fred::types::Value;
use fred::types::scripts::Script;

/// How long entries of a stream that no group reads are kept: those who follow it without a group are long past them.
const WITHOUT_GROUPS: Duration = Duration::from_secs(3600);

/// Everything before the cut is known to all groups: acknowledged, or handed out while nothing older is pending.
/// One step, so that no group moves, comes or goes between the look and the cut.
static TRIM: LazyLock<Script> = LazyLock::new(|| {
    Script::from_lua(
        "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
         local function parts(id)
             local ms, number = string.match(id, '^(%d+)-(%d+)$')
             return tonumber(ms), tonumber(number)
         end
         local function before(a, b)
             local ams, an = parts(a)
             local bms, bn = parts(b)
             return ams < bms or (ams == bms and an < bn)
         end
         local time = redis.call('TIME')
         local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + 1
         local groups = redis.call('XINFO', 'GROUPS', KEYS[1])
         local keep = #groups == 0 and tonumber(ARGV[2]) or tonumber(ARGV[1])
         local cut = string.format('%.0f-0', math.max(0, now - keep))
         for _, flat in ipairs(groups) do
             local group = {}
             for i = 1, #flat, 2 do group[flat[i]] = flat[i + 1] end
             local ms, number = parts(group['last-delivered-id'])
             local committed = string.format('%.0f-%.0f', ms, number + 1)
             if group['pending'] > 0 then
                 committed = redis.call('XPENDING', KEYS[1], group['name'])[2]
             end
             if before(committed, cut) then cut = committed end
         end
         return redis.call('XTRIM', KEYS[1], 'MINID', '=', cut)",
    )
});

/// Removes entries that every group of the stream is done with and that are older than `keep`, and returns how many.
///
/// Never passes an entry that a group has not acknowledged. `keep` leaves those who follow without a group time to come
/// back; a stream without groups keeps an hour.
pub async fn trim_behind_groups(pool: &Pool, stream: &str, keep: Duration) -> Result<u64, Error> {
    let ms = |time: Duration| Value::from(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    let args = vec![ms(keep), ms(keep.max(WITHOUT_GROUPS))];
    TRIM.evalsha_with_reload(pool.next(), stream, args).await
}
