# SPDX-License-Identifier: MIT
# interpreter workload: objects, dicts, strings, floats, big integers
import sys

class Body:
    def __init__(self, x, v, m): self.x, self.v, self.m = x, v, m

def nbody(n):
    bs = [Body([i * 1.1, i * 0.7, i * 0.3], [0.0, 0.01 * i, 0.0], 1.0 + i) for i in range(5)]
    for _ in range(n):
        for i, a in enumerate(bs):
            for b in bs[i + 1:]:
                d = [p - q for p, q in zip(a.x, b.x)]
                f = 0.01 / (sum(c * c for c in d) + 0.1) ** 1.5
                for k in range(3):
                    a.v[k] -= d[k] * b.m * f
                    b.v[k] += d[k] * a.m * f
        for a in bs:
            for k in range(3): a.x[k] += 0.01 * a.v[k]
    return sum(b.x[0] for b in bs)

def words(n):
    seed, count = 42, {}
    for _ in range(n):
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        w = "w%d" % (seed >> 16 & 1023)
        count[w] = count.get(w, 0) + 1
    return sorted(count.items(), key=lambda t: (-t[1], t[0]))[0]

def queens(n, row=0, cols=0, d1=0, d2=0):
    if row == n: return 1
    s = 0
    for c in range(n):
        b = 1 << c
        if not (cols & b or d1 & 1 << row + c or d2 & 1 << row - c + n):
            s += queens(n, row + 1, cols | b, d1 | 1 << row + c, d2 | 1 << row - c + n)
    return s

def fact(n):
    r = 1
    for i in range(2, n): r *= i
    return len(str(r))

for _ in range(int(sys.argv[1])):
    print(nbody(600), words(30000), queens(6), fact(700))
