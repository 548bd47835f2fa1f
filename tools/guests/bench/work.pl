# SPDX-License-Identifier: MIT
# regular expressions, hashes, sorting
my ($n) = @ARGV; my %h; my $seed = 42; my $hits = 0;
for (1 .. $n) {
    for my $i (1 .. 8000) {
        $seed = ($seed * 16807) % 2147483647;
        my $s = "key" . ($seed % 5000) . "=" . $seed . ";";
        $h{$1} += $2 if $s =~ /^(key\d+)=(\d+);$/;
        $hits++ if $s =~ /(1|3|5)[0-4]*(7|9)+/;
    }
    my $t = join ",", map { "$_:$h{$_}" } sort { $h{$a} <=> $h{$b} || $a cmp $b } keys %h;
    $t =~ s/(\d)(\d)/$2$1/g; $hits += length $t;
}
print "$hits\n";
