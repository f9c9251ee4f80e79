// A picture of one pixel with a comment in it, as cameras and editors leave them.
import { crc32, deflateSync } from "node:zlib";

const chunk = (kind, content) => {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), content]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(content.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
};

export function picture(keyword, comment) {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("tEXt", Buffer.from(`${keyword}\0${comment}`, "latin1")),
    chunk("IDAT", deflateSync(Buffer.from([0, 127]))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
