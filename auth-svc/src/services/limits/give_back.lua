-- Puts a try back into every bucket, because it was no failure.
-- KEYS: the buckets, then perhaps a gate. ARGV: now in ms, number of buckets, the interval of each bucket, then 1 to forget
-- the gate (the right password came) or 0 to take this one try off it (no password was looked at).
local now, buckets = tonumber(ARGV[1]), tonumber(ARGV[2])
for i = 1, buckets do
  local due = tonumber(redis.call('GET', KEYS[i]) or '0') - tonumber(ARGV[i + 2])
  if due > now then
    redis.call('SET', KEYS[i], due, 'PX', math.ceil(due - now))
  else
    redis.call('DEL', KEYS[i])
  end
end
local gate = KEYS[buckets + 1]
if gate then
  if ARGV[buckets + 3] == '1' or redis.call('HINCRBY', gate, 'tries', -1) <= 0 then
    redis.call('DEL', gate)
  else
    redis.call('HSET', gate, 'open_at', now)
  end
end
return 0
