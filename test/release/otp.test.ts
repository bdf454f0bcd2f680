import { expect, it } from 'vitest';
import { Refusal } from '../../src/reasons/refusal.js';
import { otpOf, refuseOldOtp } from '../../src/release/otp.js';

it.each([
  ['13.1.5', 25],
  ['14.0', 26],
  ['16.1', 28],
])('ERTS %s is OTP %i', (erts, otp) => {
  expect(otpOf(erts)).toBe(otp);
  expect(() => refuseOldOtp(erts, 'The image shop:2')).not.toThrow();
});

it('an older runtime is refused by name, with what to do', () => {
  expect(() => refuseOldOtp('12.3.2', 'The image shop:2')).toThrow(
    new Refusal(
      'The image shop:2 runs OTP 24 (ERTS 12.3.2), and hot-deploy needs OTP 25 or later: the agent it loads into the node does not load on older runtimes. Upgrade Erlang/OTP in the image.',
    ),
  );
});
