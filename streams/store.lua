#!lua name=tierline_v1
-- The fenced writes of one partition. All keys of partition N carry the hash tag {pN}: one slot of a cluster.
--
-- meta    hash    token           random text of the last claim: only its holder may write
--                 commit_no       number of the last commit, from 1
--                 position        "offset:sequence:ordinal" where the partition stands
--                 state           JSON, schemas.partition.PartitionState
--                 relayed         "offset:sequence:ordinal" up to which outputs are in Kafka (a copy; Kafka's counts too)
--                 journal_offset  offset in the journal topic after the last entry known to be there
-- ids     list    customers in the order first seen; '' for one who was erased: places do not shift
-- outbox  list    "offset:sequence:ordinal|" .. outputs of one commit
-- policy  string  the active policies
-- seen    string  8-byte hashes of the transactions that arrived on one open day
-- erased  set     hashes of the customers who were erased
-- c:<id>  string  packed customer
-- and, for all namespaces of one journal, journal-keys:<topic prefix>{pN}
--         hash    by the hash of a customer: the key that seals its facts in the journal
--
-- Nothing expires: what a partition holds is bounded by its customers, the outbox by the relay.

-- Lua's unpack is limited by its stack (about 8,000); far below that, a call costs no more a value.
local CHUNK = 1000

local function fields(position)
  local offset, sequence, ordinal = string.match(position, '^(%d+):(%d+):(%d+)')
  return tonumber(offset), tonumber(sequence), tonumber(ordinal)
end

local function at_or_below(a, b)
  local ao, as, ar = fields(a)
  local bo, bs, br = fields(b)
  if ao ~= bo then return ao < bo end
  if as ~= bs then return as < bs end
  return ar <= br
end

-- claim_v1(meta; token) -> {state|false, commit_no|false, relayed|false, journal_offset|false}
local function claim(keys, args)
  redis.call('HSET', keys[1], 'token', args[1])
  return redis.call('HMGET', keys[1], 'state', 'commit_no', 'relayed', 'journal_offset')
end

-- What is known of a customer goes: record, key and id. The hash stays, so that nothing comes back.
local function erase(keys, record, customer, id)
  redis.call('SADD', keys[6], customer)
  redis.call('HDEL', keys[7], customer)
  if id == '' then return end
  redis.call('UNLINK', record)
  local place = redis.call('LPOS', keys[2], id)
  if place then redis.call('LSET', keys[2], place, '') end
end

-- commit_v1(meta, ids, outbox, policy, seen, erased, journal keys, forgotten seen ..., erased customers ..., customers ...;
--           token, commit_no, from, to, state, outbox item, policy, seen hashes,
--           numbers of: new ids, forgotten keys, journal keys, erased customers,
--           new ids ..., (hash, key) ..., (hash, id or '') of the erased ..., customer values ...)
--   -> APPLIED | FENCED (another claim) | REWOUND (a failover lost commits). Empty text means: leave as it is.
-- Everything is checked before anything is written; meta is written last.
local function commit(keys, args)
  local stored = redis.call('HMGET', keys[1], 'token', 'commit_no', 'position')
  if stored[1] ~= args[1] then return 'FENCED' end
  if (tonumber(stored[2]) or 0) + 1 ~= tonumber(args[2]) then return 'REWOUND' end
  if stored[3] and stored[3] ~= args[3] then return 'REWOUND' end
  local new_ids, forgotten, new_keys, erased = tonumber(args[9]), tonumber(args[10]), tonumber(args[11]), tonumber(args[12])
  local first_key = 12 + new_ids + 1
  local first_erased = first_key + 2 * new_keys
  local first_value = first_erased + 2 * erased
  local first_customer = 7 + forgotten + erased + 1
  for i = 0, #keys - first_customer do
    redis.call('SET', keys[first_customer + i], args[first_value + i])
  end
  for i = 13, 12 + new_ids, CHUNK do
    redis.call('RPUSH', keys[2], unpack(args, i, math.min(i + CHUNK - 1, 12 + new_ids)))
  end
  for i = first_key, first_erased - 1, 2 do redis.call('HSET', keys[7], args[i], args[i + 1]) end
  for i = 0, erased - 1 do
    erase(keys, keys[7 + forgotten + 1 + i], args[first_erased + 2 * i], args[first_erased + 2 * i + 1])
  end
  if args[8] ~= '' then redis.call('APPEND', keys[5], args[8]) end
  for i = 8, 7 + forgotten do redis.call('UNLINK', keys[i]) end
  if args[7] ~= '' then redis.call('SET', keys[4], args[7]) end
  if args[6] ~= '' then redis.call('RPUSH', keys[3], args[6]) end
  redis.call('HSET', keys[1], 'commit_no', args[2], 'position', args[4], 'state', args[5])
  return 'APPLIED'
end

-- trim_v1(meta, outbox; token, relayed, journal_offset or '') -> APPLIED | FENCED | REWOUND
-- Drops items that are in Kafka and keeps a copy of how far that is. A partition that stands before them lost their
-- commits in a failover: its journal must be read from where the lost entries are.
local function trim(keys, args)
  local stored = redis.call('HMGET', keys[1], 'token', 'position')
  if stored[1] ~= args[1] then return 'FENCED' end
  if not stored[2] or not at_or_below(args[2], stored[2]) then return 'REWOUND' end
  while true do
    local item = redis.call('LINDEX', keys[2], 0)
    if not item or not at_or_below(item, args[2]) then break end
    redis.call('LPOP', keys[2])
  end
  redis.call('HSET', keys[1], 'relayed', args[2])
  if args[3] ~= '' then redis.call('HSET', keys[1], 'journal_offset', args[3]) end
  return 'APPLIED'
end

redis.register_function('tierline_claim_v1', claim)
redis.register_function('tierline_commit_v1', commit)
redis.register_function('tierline_trim_v1', trim)
