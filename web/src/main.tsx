import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import './ui/tokens.css';
import './ui/base.css';
import './ui/parts.css';
import './app/shell.css';

const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
