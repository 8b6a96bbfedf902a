# Strings, arrays and hashes.
use strict;
for my $round (1 .. shift) {
  my (%h, @a);
  for my $i (1 .. 20000) { $h{"key" . ($i % 7001)} .= "value$i,"; push @a, [$i, "x" x ($i % 50)]; }
  my @s = sort { $a->[1] cmp $b->[1] || $a->[0] <=> $b->[0] } @a;
  my $n = 0;
  for my $k (keys %h) { my @p = split /,/, $h{$k}; $n += @p }
  print "$n\n";
}
