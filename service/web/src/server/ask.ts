import { problemOf } from './problem';

/** What the requests of the page have in common; the session and the language set it. */
export const common = { csrf: '', language: 'zh', signedOut: () => {} };

type Question = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  json?: unknown;
  body?: BodyInit;
  type?: string;
  accept?: string;
  /** The version that was seen, where another one would be written over. */
  ifMatch?: number;
  signal?: AbortSignal;
};

const early = new Map<string, Promise<Response>>();

/** Ask for what will be needed soon; whoever asks for it next gets this answer. */
export function askAhead(path: string): void {
  if (early.has(path)) return;
  const answer = fetchPlain(path);
  // Whoever takes the answer hears of its fault; nobody else has to.
  answer.catch(() => undefined);
  early.set(path, answer);
}

/** Let go of answers nobody took: they were given to whoever was, or was not, signed in then. */
export function forgetAhead(): void {
  early.clear();
}

function fetchPlain(path: string): Promise<Response> {
  const headers = { 'Accept-Language': common.language };
  return fetch(path, { headers, credentials: 'same-origin' });
}

/** Ask the server; a fault is thrown as a `Problem`. */
export async function ask(path: string, question: Question = {}): Promise<Response> {
  const method = question.method ?? 'GET';
  const headers: Record<string, string> = { 'Accept-Language': common.language };
  if (question.accept) headers['Accept'] = question.accept;
  if (question.ifMatch !== undefined) headers['If-Match'] = `"${question.ifMatch}"`;
  if (method !== 'GET') headers['X-CSRF-Token'] = common.csrf;
  let body = question.body ?? null;
  if (question.json !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(question.json);
  } else if (question.type) {
    headers['Content-Type'] = question.type;
  }
  const init: RequestInit = { method, headers, body, credentials: 'same-origin' };
  if (question.signal) init.signal = question.signal;
  const ahead = method === 'GET' ? early.get(path) : undefined;
  early.delete(path);
  const answer = await (ahead ?? fetch(path, init));
  if (!answer.ok) {
    if (answer.status === 401) common.signedOut();
    throw await problemOf(answer);
  }
  return answer;
}

export async function askJson<T>(path: string, question: Question = {}): Promise<T> {
  const answer = await ask(path, question);
  return (answer.status === 204 ? null : await answer.json()) as T;
}

export function query(
  values: Record<string, string | number | boolean | null | undefined>,
): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') parts.set(name, String(value));
  }
  const text = parts.toString();
  return text ? `?${text}` : '';
}

/** Hand a file to the browser to save. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
