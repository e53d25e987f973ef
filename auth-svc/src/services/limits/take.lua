-- Takes one try from every bucket or from none; answers how many ms to wait. When it was taken: 0, or with a gate the tries
-- that it remembers as a negative number.
-- KEYS: the buckets (generic cell rate algorithm: the value is the theoretical arrival time in ms), then perhaps a gate.
-- ARGV: now in ms, number of buckets, interval in ms and burst of each bucket; for the gate: free tries, first and longest
-- delay in ms, how long it remembers in ms.
local now, buckets = tonumber(ARGV[1]), tonumber(ARGV[2])
local gate = KEYS[buckets + 1]
local wait, arrival = 0, {}
for i = 1, buckets do
  local interval, burst = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local due = math.max(now, tonumber(redis.call('GET', KEYS[i]) or '0'))
  arrival[i] = due + interval
  wait = math.max(wait, due - now - interval * (burst - 1))
end
local tries = 0
if gate then
  local state = redis.call('HMGET', gate, 'tries', 'open_at')
  tries = tonumber(state[1] or '0')
  wait = math.max(wait, tonumber(state[2] or '0') - now)
end
if wait > 0 then
  return math.ceil(wait)
end
for i = 1, buckets do
  redis.call('SET', KEYS[i], arrival[i], 'PX', math.ceil(arrival[i] - now))
end
if gate then
  local at = 2 * buckets + 2
  local free, first, longest = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  tries = tries + 1
  local delay = 0
  if tries > free then
    delay = math.min(longest, first * 2 ^ math.min(tries - free - 1, 20))
  end
  redis.call('HSET', gate, 'tries', tries, 'open_at', now + delay)
  redis.call('PEXPIRE', gate, ARGV[at + 4])
end
return -tries
