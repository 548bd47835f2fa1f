-- SPDX-License-Identifier: MIT
-- interpreter workload: tables, strings, closures, floats
local function fannkuch(n)
  local p, q, s, sign, maxflips, sum = {}, {}, {}, 1, 0, 0
  for i = 1, n do p[i], q[i], s[i] = i, i, i end
  while true do
    local q0 = p[1]
    if q0 ~= 1 then
      for i = 2, n do q[i] = p[i] end
      local flips = 1
      while true do
        local qq = q[q0]
        if qq == 1 then
          sum = sum + sign * flips
          if flips > maxflips then maxflips = flips end
          break
        end
        q[q0] = q0
        if q0 >= 4 then
          local i, j = 2, q0 - 1
          repeat q[i], q[j] = q[j], q[i]; i, j = i + 1, j - 1 until i >= j
        end
        q0, flips = qq, flips + 1
      end
    end
    if sign == 1 then p[1], p[2], sign = p[2], p[1], -1
    else
      p[2], p[3], sign = p[3], p[2], 1
      for i = 3, n do
        local sx = s[i]
        if sx ~= 1 then s[i] = sx - 1; break end
        if i == n then return sum, maxflips end
        s[i] = i
        local t = p[1]
        for j = 1, i do p[j] = p[j + 1] end
        p[i + 1] = t
      end
    end
  end
end
local function strings(n)
  local t, seed = {}, 42
  for i = 1, n do
    seed = (seed * 16807) % 2147483647
    t[#t + 1] = ("%d:%x"):format(seed % 1000, seed)
  end
  table.sort(t)
  return #table.concat(t, ","):gsub("%x+", "z"), t[1]
end
local function spectral(n)
  local u = {}
  for i = 1, n do u[i] = 1 end
  for _ = 1, 4 do
    local v = {}
    for i = 1, n do
      local a = 0
      for j = 1, n do local ij = i + j - 1; a = a + u[j] / (ij * (ij - 1) / 2 + i) end
      v[i] = a
    end
    u = v
  end
  return u[1]
end
for _ = 1, tonumber(arg[1]) do
  print(fannkuch(8), strings(15000), spectral(140))
end
