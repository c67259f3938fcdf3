"""Given names that are common in France, of all origins: they confirm a name beside them.

A short list written by hand: it raises confidence, and is never needed for a name to be found.
"""

from __future__ import annotations

from typing import Final

from governance.pii.recognizers.base import folded

_WOMEN = """
adele adeline adriana agathe agnes aicha aissatou alexandra alice alicia alix amandine amelie amina
aminata amira ana anais anastasia andrea andree angele angelique anissa anita anna annabelle anne
annette annick annie antoinette apolline ariane arlette armelle assia astrid aude audrey aurelie
aurore awa aya beatrice benedicte berenice bernadette berthe bettina blandine brigitte camelia
carine carla carmen carole caroline cassandra catherine cecile celeste celia celine chantal
charlene charlotte chiara chloe christel christelle christiane christine cindy claire clara clarisse
claudette claudia claudine clemence clementine cleo coline colette constance coralie corinne
cristina cyrielle dalila daniela danielle daphne deborah delphine denise diana diane djamila
dominika dorothee edith edwige elena eleonore eliane elisa elisabeth elise ella elodie eloise elsa
emeline emilie emma emmanuelle erica estelle esther eugenie eulalie eva eve evelyne fabienne fadila
fanny fanta farida fatima fatiha fatou fatoumata faustine felicie fernande fiona flavie flora
florence florine france-line francine francoise frederique gabrielle gaelle genevieve georgette
geraldine germaine ghislaine gisele giulia gladys gwenaelle gwendoline hadja hafida hafsa hanane
hanna hassna helena helene heloise henriette honorine houda huguette ida ikram ilona ines ingrid
irene iris isabella isabelle jacqueline jade jamila jane janine jasmine jeanne jeannine jennifer
jessica joanna joelle johanna josephine josette josiane judith julia juliane julie julienne
juliette justine karen karima karine katia kenza khadija khadidja laetitia laila lara latifa laura
laure laurence laurene laurie lea leila lena leonie leontine leslie lila liliane lilou lily lina
linda lisa lise lison livia lola louane louisa louise luce lucette lucie lucienne ludivine luna
lydia lydie lyna madeleine maelle maelys magali maimouna malika manon manuela marceline margaux
margot marguerite maria mariam mariama marianne marie marielle marina marion marjorie marlene martha
marthe martine maryam maryline maryse maryvonne mathilde maud mauricette mei melanie melissa melodie
mercedes michele micheline mina mireille miriam monica monique morgane muriel mylene myriam nadege
nadia nadine naima najat natacha natalia nathalie nawal nelly nicole nina noelie noelle noemie nora
nour oceane odette odile olga olivia ophelie ornella oumou pascale patricia paule paulette pauline
perrine pierrette priscilla rachel rachida raissa ramata raphaelle rebecca regine reine renee rita
roberte rolande romane rosalie rosa rose rose-marie roseline roxane sabine sabrina safia saida
salima salma salome samia samira sandra sandrine sara sarah sasha selma severine sharon sidonie
simone sofia sokhna solange solene solenn sonia sophia sophie soraya stella stephanie suzanne sylvia
sylviane sylvie tatiana thais therese tiphaine valentine valerie vanessa veronique victoire
victoria violette virginie viviane wafa wendy widad xiu yael yamina yasmina yasmine yolande yvette
yvonne zahra zelie zineb zoe zohra
"""
_MEN = """
aaron abdel abdelkader abdellah abdou abdoulaye abel achille adam adel adrien ahmed aime akim alain
alan albert aldo alessandro alex alexandre alexis alfred ali alioune aloys alphonse amadou amar
amaury amine anatole andre andreas andrzej angelo anthony antoine antonin antonio ardoin aristide
armand arnaud arsene arthur aubin auguste augustin aurelien axel aymeric ayoub bachir baptiste
bastien benjamin benoit bernard bertrand bilal boris boubacar brahim brice bruno bryan carlos cedric
celestin charles charlie cheikh christian christophe clement clovis colin corentin cyprien cyril
cyrille damien daniel dario david denis didier diego dimitri djibril dylan eddy edgar edmond edouard
eliott elias emile emilien emmanuel enzo eric ernest erwan esteban etienne eugene evan fabien fabio
fabrice farid faycal felix ferdinand fernand fernando flavien florent florian franck francis
francisco franck-olivier francois frank fred frederic gabriel gael gaetan gaspard gaston gautier
geoffrey geoffroy georges gerald gerard germain ghislain gilbert gilles giovanni giuseppe gonzague
gregoire gregory guillaume gustave guy habib hakim hamid hamza harold harry hassan hector henri
herve hicham hippolyte hugo hugues hussein hyacinthe ibrahim ibrahima idriss igor ilyes imad
isaac isaak ismael issa ivan jack jacob jacques jamal james jan jaouad jason javier jawad jean
jean-baptiste jean-charles jean-claude jean-francois jean-jacques jean-louis jean-luc jean-marc
jean-marie jean-michel jean-paul jean-philippe jean-pierre jean-yves jeremie jeremy jerome jesus
jimmy joachim joao joaquin joel joffrey johan john jonas jonathan jordan jorge jose joseph joshua
josselin juan jules julien julio justin kamal kamel karim kenzo kevin khaled khalid kofi kylian
lamine laurent lazare leandre leo leon leonard leonardo leopold lilian lionel loan loic lorenzo
lotfi louis luc luca lucas lucien ludovic luigi luis lukas mael mahmoud malik malo mamadou manuel
marc marceau marcel marcin marco mario marius mark martial martin mateo mathias mathieu mathis
matteo matthias matthieu maurice max maxence maxime maximilien mehdi melvin mendes michael michel
miguel mike milan milo mircea modou mohamed mohammed moise morad mouhamed mounir mourad moussa
mustapha nabil nassim nathan nathanael nicolas nils noa noah noam noe noel nolan norbert olivier
omar orlando oscar oumar ousmane pablo paolo pascal patrice patrick paul pedro philibert philippe
pierre pierre-yves piotr quentin rachid rafael ramon raoul raphael rayan raymond redouane regis remi
remy renaud rene ricardo richard robert robin roberto rodolphe rodrigue roger roland romain romeo
romuald ronan ruben rudy ryan sacha said salah salif sami samir sammy samuel samy sebastien serge
sergio seydou sidi siham simon slimane sofiane soufiane souleymane stanislas stefan stephane steve
steven sullivan sven sylvain tanguy tarek teddy theo theodore theophile thibaud thibault thibaut
thierry thimote thomas timeo timothee titouan tom tomas tony toussaint tristan ugo ulysse urbain
valentin valery vasile victor vincent virgile vladimir walid wassim wei wilfried william willy
xavier yacine yanis yann yannick yassin yassine ylan yohan yohann younes youssef yusuf yves yvan
zacharie zakaria zinedine
"""
_EITHER = """
alix ange camille charlie claude dominique eden gwenn jocelyn kim loan lou louison maxine morgan
nikita noha pascal sacha sam sasha stephane swann valery yaël andrea
"""

_NEVER_ALONE = {"mercedes", "jesus", "mendes", "france-line"}

BOTH: Final = frozenset(_EITHER.split())
WOMEN: Final = frozenset(_WOMEN.split()) - BOTH
MEN: Final = frozenset(_MEN.split()) - BOTH
FIRST_NAMES: Final = (WOMEN | MEN | BOTH) - _NEVER_ALONE


def is_first_name(word: str) -> bool:
    """Whether ``word`` is a known given name; «Anne-Laure» is, its first half being one."""
    plain = folded(word)
    return plain in FIRST_NAMES or ("-" in plain and plain.split("-")[0] in FIRST_NAMES)


def gender_of(word: str) -> str:
    """``"F"`` or ``"M"`` where the given name leaves no doubt, else an empty text."""
    plain = folded(word)
    for name in (plain, plain.split("-")[0]):
        if name in WOMEN:
            return "F"
        if name in MEN:
            return "M"
    return ""
