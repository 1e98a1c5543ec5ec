-- Sends the bodies of a file in turn, each with the next token of another file where there are tokens.
-- wrk -s cycle.lua URL -- PATH BODIES TOKENS; every body is preceded by a line with its length.

local bodies, tokens, sent = {}, {}, 0
local head

local function read_bodies(name)
  local file = assert(io.open(name, "rb"))
  for length in function() return file:read("*l") end do
    bodies[#bodies + 1] = file:read(tonumber(length))
  end
  file:close()
end

function init(args)
  read_bodies(args[2])
  if args[3] then
    for line in io.lines(args[3]) do tokens[#tokens + 1] = line end
  end
  head = "POST " .. args[1] .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
  if #tokens == 0 then
    for at, body in ipairs(bodies) do bodies[at] = head .. "Content-Length: " .. #body .. "\r\n\r\n" .. body end
  end
end

function request()
  sent = sent + 1
  local body = bodies[(sent - 1) % #bodies + 1]
  if #tokens == 0 then return body end
  -- A token is good for one call: when they run out the service says 401, and the run counts as failed.
  local token = tokens[(sent - 1) % #tokens + 1]
  return head .. "Authorization: Bearer " .. token .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.stderr:write(string.format(
    '{"requests":%d,"seconds":%.6f,"failed":%d,"p50":%.6f,"p99":%.6f}\n',
    summary.requests, summary.duration / 1e6, failed,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
end
