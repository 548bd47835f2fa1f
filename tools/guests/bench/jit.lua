-- SPDX-License-Identifier: MIT
-- a guest with its own JIT compiler: fresh code keeps being written and run
local function mandel(n)
  local c = 0
  for y = 0, n - 1 do for x = 0, n - 1 do
    local cr, ci, zr, zi = 2 * x / n - 1.5, 2 * y / n - 1, 0, 0
    local i = 0
    while i < 50 and zr * zr + zi * zi < 4 do
      zr, zi = zr * zr - zi * zi + cr, 2 * zr * zi + ci; i = i + 1
    end
    c = c + i
  end end
  return c
end
for r = 1, tonumber(arg[1]) do
  local s = mandel(120)
  -- new source text each time, so new traces
  for k = 1, 60 do
    local f = assert(loadstring(([[local a, t = %d, {}
      for i = 1, 3000 do a = (a * 1103515245 + 12345) %% 2147483648; t[i %% 64] = a end
      local s = 0 for i = 1, 63 do s = s + (t[i] or 0) %% %d end return s]]):format(k + r, k + 7)))
    s = s + f()
  end
  print(s)
end
