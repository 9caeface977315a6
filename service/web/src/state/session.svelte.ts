import { askJson, common, forgetAhead } from '../server/ask';
import { Problem } from '../server/problem';
import type { Principal, Role } from '../server/types';

// As the service has it: editors and reviewers each do more than viewers, neither the other's work.
const MAY: Record<Role, readonly Role[]> = {
  viewer: ['viewer', 'editor', 'reviewer', 'admin'],
  editor: ['editor', 'admin'],
  reviewer: ['reviewer', 'admin'],
  admin: ['admin'],
};

class Session {
  principal = $state.raw<Principal | null>(null);
  known = $state(false);

  constructor() {
    common.signedOut = () => this.#set(null);
  }

  /** True where the signed-in person may do what one of `roles` may. */
  may(...roles: Role[]): boolean {
    const own = this.principal?.role;
    return own !== undefined && roles.some((role) => MAY[role].includes(own));
  }

  async find(): Promise<void> {
    try {
      this.#set(await askJson<Principal>('/v1/session'));
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      this.#set(null);
    }
  }

  async signIn(key: string): Promise<void> {
    await askJson('/v1/session', { method: 'POST', json: { key } });
    await this.find();
  }

  async signOut(): Promise<void> {
    await askJson('/v1/session', { method: 'DELETE' });
    this.#set(null);
  }

  #set(principal: Principal | null): void {
    if (principal === null) forgetAhead();
    this.principal = principal;
    common.csrf = principal?.csrf_token ?? '';
    this.known = true;
  }
}

export const session = new Session();
