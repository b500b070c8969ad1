/** Answers every request on raw sockets with the same hundred bytes: `http-backend.ts HOST PORT`. */
import { createServer } from 'node:net';

const [host, port] = process.argv.slice(2);
const BODY = JSON.stringify({ song: 'Detour', artist: 'The Meshes', plays: 1 }).padEnd(100);
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
);
const END = '\r\n\r\n';

const server = createServer({ noDelay: true }, (socket) => {
  let kept = '';
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    kept += text;
    for (let end = kept.indexOf(END); end >= 0; end = kept.indexOf(END)) {
      kept = kept.slice(end + END.length);
      socket.write(ANSWER);
    }
  });
});
server.listen(Number(port), host, () => process.send?.('ready'));
process.on('disconnect', () => process.exit(0));
