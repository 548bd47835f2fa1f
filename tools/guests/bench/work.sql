-- SPDX-License-Identifier: MIT
create table t(id integer primary key, a int, b text);
with recursive c(x) as (select 1 union all select x + 1 from c where x < 12000)
  insert into t select x, (x * 7919) % 10007, 'name' || (x * 31 % 997) from c;
create index ta on t(a);
create index tb on t(b);
select count(*), sum(a), max(b) from t where b like '%5%';
select b, count(*) n, avg(a) from t group by b order by n desc, b limit 3;
select count(*) from t x join t y on x.a = y.id where y.b > 'name5';
update t set a = a + 1 where a % 3 = 0;
delete from t where id % 5 = 0;
select sum(a), count(distinct b) from t;
