-- Stores a link unless a newer version is there. KEYS[1]: link:{domain}:{code}; ARGV: version, Target, life in ms.
-- "at" is when it was stored, by the clock of this server.
local present = tonumber(redis.call('HGET', KEYS[1], 'v') or '-1')
if present > tonumber(ARGV[1]) then
  return 0
end
local now = redis.call('TIME')
redis.call('HSET', KEYS[1], 'v', ARGV[1], 't', ARGV[2], 'at', now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
