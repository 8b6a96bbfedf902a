// What a small server does to its requests: buffers, hashes, compression, regular expressions.
const crypto = require('crypto');
const zlib = require('zlib');

let sum = 0;
for (let i = 0; i < Number(process.argv[2]); ++i) {
  const url = new URL(`http://example.org/item/${i}?q=${i * 7}&name=a%20b`);
  const answer = {path: url.pathname, query: [...url.searchParams], text: 'x'.repeat(i % 500)};
  const body = Buffer.from(JSON.stringify(answer));
  const copy = Buffer.allocUnsafeSlow(body.length + 4096);
  body.copy(copy);
  sum += crypto.createHash('sha256').update(copy).digest()[0];
  if (i % 16 === 0) sum += zlib.inflateRawSync(zlib.deflateRawSync(body)).length;
}
console.log(sum);
