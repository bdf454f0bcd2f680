import { type AfterSwitch, prepareSwitch, type Switch, switchRelease } from '../upgrade/switch.js';

/** Switches where nobody is served: however it does not succeed, all there is to know is why. */
export async function attempted(request: Switch): Promise<AfterSwitch | { readonly why: string }> {
  try {
    const switched = await switchRelease(prepareSwitch(request), request);
    return switched.kind === 'installed' ? switched.after : { why: switched.why };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
