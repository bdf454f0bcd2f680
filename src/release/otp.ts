import { Refusal } from '../reasons/refusal.js';

const oldest = 25;

/** OTP's major version for a version of its runtime: ERTS 13.1.5 is part of OTP 25, and so on since OTP 17. */
export function otpOf(erts: string): number {
  return Number.parseInt(erts, 10) + 12;
}

/** Refuses a runtime on which the agent cannot be loaded: it would fail later and say less. */
export function refuseOldOtp(erts: string, where: string): void {
  const otp = otpOf(erts);
  if (otp < oldest) {
    throw new Refusal(
      `${where} runs OTP ${otp} (ERTS ${erts}), and hot-deploy needs OTP ${oldest} or later: the agent it loads into the node does not load on older runtimes. Upgrade Erlang/OTP in the image.`,
    );
  }
}
