-- Takes units out of a token bucket that refills evenly.
-- KEYS[1]: the bucket. ARGV: capacity, window in milliseconds in which it refills whole, units to take.
-- Returns {1 when taken, tokens left, milliseconds until the units are there, milliseconds until it is full}.
-- The time is that of Redis, so that gateways with different clocks agree.
local capacity, window, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(state[1]) or capacity, tonumber(state[2]) or now
tokens = math.min(capacity, tokens + math.max(0, now - at) * capacity / window)
local taken = 0
if tokens >= units then
  tokens, taken = tokens - units, 1
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], window)
local wait = 0
if taken == 0 then
  wait = math.ceil((units - tokens) * window / capacity)
end
return {taken, math.floor(tokens), wait, math.ceil((capacity - tokens) * window / capacity)}
