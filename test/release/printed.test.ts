import { describe, expect, it } from 'vitest';
import { agreed, fits, withoutNoise } from '../../src/release/printed.js';

describe('what two boots print of one term', () => {
  it.each([
    ['<<"a8Xk">>', '<<"p0Zz">>', "'<random binary>'"],
    ['{one,[1,"x"]}', '{one,[2,"x"]}', '{one,[\'<random number>\',"x"]}'],
    ['#{id=>pool_1,a=>"q"}', '#{id=>pool_2,a=>"q"}', '#{id=>\'<random atom>\',a=>"q"}'],
    ['<<1,2,3>>', '<<"abc"/utf8>>', "'<random binary>'"],
    ['[{a,#Ref<0.1.2.3>}]', '[{a,#Ref<0.4.5.6>}]', "[{a,'<random opaque>'}]"],
    ['{fun shop:till/1,7}', '{fun shop:till/1,9}', "{fun shop:till/1,'<random number>'}"],
  ])('%s and %s differ in a leaf, which is noise', (one, other, both) => {
    expect(agreed(one, other)).toBe(both);
    expect(fits(one, both)).toBe(true);
    expect(fits(other, both)).toBe(true);
    expect(withoutNoise(other, both)).toBe(both);
  });

  it.each([
    ['[1,2]', '[1,2,3]'],
    ['{a,1}', '{a,"1"}'],
    ['{a}', '[a]'],
    ['#{a=>1}', '#{a=>{1}}'],
  ])('%s and %s differ in more than leaves', (one, other) => {
    expect(agreed(one, other)).toBeUndefined();
    expect(fits(one, other)).toBe(false);
  });

  it('a value that is no noise still counts beside one that is', () => {
    const both = agreed('{<<"r1">>,10}', '{<<"r2">>,10}') ?? '';
    expect(fits('{<<"r3">>,10}', both)).toBe(true);
    expect(fits('{<<"r3">>,20}', both)).toBe(false);
    expect(fits('{17,10}', both)).toBe(false);
    expect(withoutNoise('{<<"r3">>,20}', both)).toBe("{'<random binary>',20}");
  });
});
