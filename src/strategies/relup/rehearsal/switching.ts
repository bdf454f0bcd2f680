import type { Baseline } from '../../../node/config.js';
import { messageOf } from '../../../system/message-of.js';
import type { InstallRequest } from '../manifest.js';
import { type AfterSwitch, prepareSwitch, switchRelease } from '../switch.js';

/**
 * Switches where nobody is served: however it does not succeed, all there is to know is why. The VM that resolves the new
 * configuration boots while the old one is read.
 */
export async function attempted(
  route: InstallRequest,
  read: () => Promise<Baseline>,
): Promise<AfterSwitch | { readonly why: string; readonly kept?: readonly string[] }> {
  const prepared = prepareSwitch(route);
  try {
    const baseline = await read();
    const switched = await switchRelease(prepared, { ...route, baseline });
    return switched.kind === 'installed' ? switched.after : switched;
  } catch (error) {
    await prepared.cancel();
    return { why: messageOf(error) };
  }
}
