/** A stand-in for the outside verifier of credentials: the other side of docs/credential-verifier.md. */
import { createServer, type Socket } from 'node:net';

export interface StandIn {
  /** Questions so far, parsed. */
  readonly questions: Record<string, unknown>[];
  /** What it answers from now on; undefined: nothing. A text is sent as it is. */
  answer: (question: Record<string, unknown>) => object | string | undefined;
  stop(): Promise<void>;
}

export async function startVerifier(socketPath: string): Promise<StandIn> {
  const sockets = new Set<Socket>();
  const standIn: StandIn = {
    questions: [],
    answer: () => ({ ok: true, response: 'UkVTUE9OU0U=' }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop()!;
      for (const line of lines) {
        const question = JSON.parse(line) as Record<string, unknown>;
        standIn.questions.push(question);
        const answer = standIn.answer(question);
        if (typeof answer === 'string') socket.write(answer);
        else if (answer !== undefined)
          socket.write(`${JSON.stringify({ id: question.id, ...answer })}\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return standIn;
}
