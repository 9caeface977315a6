/** A fault the server told, as RFC 9457 writes it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly { detail: string; pointer?: string; parameter?: string }[] = [],
  ) {
    super(detail || title);
  }

  /** Each fault with its place, else the detail alone. */
  get lines(): string[] {
    if (this.errors.length === 0) return [this.detail || this.title];
    return this.errors.map((one) => {
      const place = one.pointer ?? one.parameter;
      return place ? `${place}：${one.detail}` : one.detail;
    });
  }
}

export async function problemOf(answer: Response): Promise<Problem> {
  try {
    const body = (await answer.json()) as {
      title?: string;
      detail?: string;
      errors?: Problem['errors'];
    };
    return new Problem(answer.status, body.title ?? '', body.detail ?? '', body.errors ?? []);
  } catch {
    return new Problem(answer.status, answer.statusText, '');
  }
}
