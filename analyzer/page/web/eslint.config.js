import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(js.configs.recommended, ...tseslint.configs.strict, {
  rules: {
    // Indices come from the arrays they index; a check at each would hide the meaning.
    '@typescript-eslint/no-non-null-assertion': 'off',
    eqeqeq: 'error',
    'no-console': 'error',
  },
});
