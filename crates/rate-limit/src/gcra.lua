-- Token buckets by the generic cell rate algorithm (GCRA), all or none of them, in one atomic step.
--
-- A bucket is a string: the time in ms at which it is full again. It expires at that time. A gate is a hash of `tries` and
-- `open_at`: an attempt closes it for a delay that doubles once the free attempts are used up.
--
-- KEYS: the buckets, then perhaps a gate.
-- ARGV: operation, now in ms or '' for the time of Redis, number of buckets; then of each bucket its interval in ms,
--       capacity and tokens; then of the gate: free attempts, first and longest delay in ms, memory in ms.
--       Operations: `take`; `return` puts the tokens back; `reset` does so and also forgets the gate.
-- Returns of `take`: {ms to wait, or 0 if taken, tokens left in the first bucket, ms until that is full, attempts at the gate}.
local operation, buckets = ARGV[1], tonumber(ARGV[3])
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local gate = KEYS[buckets + 1]

local function quota(i)
  local at = 3 * i
  return tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
end

local function set(key, full_at)
  if full_at > now then
    redis.call('SET', key, string.format('%.3f', full_at), 'PX', math.ceil(full_at - now))
  else
    redis.call('DEL', key)
  end
end

if operation ~= 'take' then
  for i = 1, buckets do
    local interval, _, tokens = quota(i)
    set(KEYS[i], tonumber(redis.call('GET', KEYS[i]) or '0') - interval * tokens)
  end
  if gate then
    if operation == 'reset' or redis.call('HINCRBY', gate, 'tries', -1) <= 0 then
      redis.call('DEL', gate)
    else
      redis.call('HSET', gate, 'open_at', now)
    end
  end
  return {0, 0, 0, 0}
end

local wait, was_full_at, full_at, tries = 0, {}, {}, 0
for i = 1, buckets do
  local interval, capacity, tokens = quota(i)
  was_full_at[i] = math.max(now, tonumber(redis.call('GET', KEYS[i]) or '0'))
  full_at[i] = was_full_at[i] + interval * tokens
  wait = math.max(wait, full_at[i] - now - interval * capacity)
end
if gate then
  local state = redis.call('HMGET', gate, 'tries', 'open_at')
  tries = tonumber(state[1] or '0')
  wait = math.max(wait, tonumber(state[2] or '0') - now)
end
-- A thousandth of a ms is the precision of what is stored.
local taken = wait <= 0.001
if taken then
  wait = 0
  for i = 1, buckets do
    set(KEYS[i], full_at[i])
  end
  if gate then
    local at = 3 * buckets + 3
    local free, shortest, longest = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
    tries = tries + 1
    local delay = 0
    if tries > free then
      delay = math.min(longest, shortest * 2 ^ math.min(tries - free - 1, 20))
    end
    redis.call('HSET', gate, 'tries', tries, 'open_at', now + delay)
    redis.call('PEXPIRE', gate, ARGV[at + 4])
  end
end
local left, until_full = 0, 0
if buckets > 0 then
  local interval, capacity = quota(1)
  until_full = (taken and full_at[1] or was_full_at[1]) - now
  -- What is stored is precise to a thousandth of a ms; a token that is due by that much counts as there.
  left = math.min(capacity, math.floor(capacity - (until_full - 0.001) / interval))
end
return {math.ceil(wait), left, math.ceil(until_full), tries}
