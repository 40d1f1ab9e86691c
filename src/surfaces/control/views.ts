/** A Kato for each client, as long as one of its connections is open: it holds what only this client has looked at. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Kato } from '../../app/kato.ts';
import { CLIENT_HEADER } from './protocol.ts';

interface View {
  readonly kato: Kato;
  readonly sockets: Set<Socket>;
}

export class Views {
  readonly #open: () => Kato;
  readonly #views = new Map<string, View>();

  constructor(open: () => Kato) {
    this.#open = open;
  }

  /** The Kato for this request. Who does not say who it is gets one for this request alone. */
  for(request: IncomingMessage, response: ServerResponse): Kato {
    const client = request.headers[CLIENT_HEADER];
    if (typeof client !== 'string') {
      const kato = this.#open();
      response.once('close', () => close(kato));
      return kato;
    }
    const view = this.#views.get(client) ?? { kato: this.#open(), sockets: new Set() };
    this.#views.set(client, view);
    const { socket } = request;
    if (!view.sockets.has(socket)) {
      view.sockets.add(socket);
      socket.once('close', () => this.#leave(client, view, socket));
    }
    return view.kato;
  }

  #leave(client: string, view: View, socket: Socket): void {
    view.sockets.delete(socket);
    if (view.sockets.size > 0) return;
    this.#views.delete(client);
    close(view.kato);
  }
}

function close(kato: Kato): void {
  kato.close().catch(() => {}); // What only was looked at lies in memory: nothing can be lost with it.
}
