%% What a VM's own command line and environment say that a boot in its place would read: configuration files, settings among
%% the arguments, variables.
-module(hot_deploy_start).
-export([import_environment/1, files/1, arguments/1, settings/2, merge/2]).

-type place() :: #{
    root := string(),
    %% Of the release that would be booted.
    version := string(),
    %% The running VM's process, whose environment holds what an entrypoint exported.
    pid := string(),
    _ => _
}.
-type source() :: #{
    file := file:filename(),
    %% Whether a start script fills variables in before the VM starts.
    template := boolean(),
    %% Whether it is the one that mix's start script chooses, and that configuration providers write to.
    provided := boolean(),
    %% Whether distillery's start script copies it, and writes to the copy what its configuration providers say.
    distillery => true
}.
-export_type([place/0, source/0]).

%% The files that `-config` names, in their order, as a boot of `version` finds them. What the start script chose itself is
%% chosen anew. Called before import_environment/1: start scripts overwrite the variables that they were given.
-spec files(place()) -> [source()].
files(#{pid := Pid} = Place) ->
    Variables = variables(Pid),
    [source(File, Place, Variables) || File <- named(arguments(Pid), Pid)].

named(Arguments, Pid) ->
    {ok, Directory} = file:read_link("/proc/" ++ Pid ++ "/cwd"),
    [with_extension(filename:absname(File, Directory)) || {"-config", [File | _]} <- Arguments].

with_extension(File) -> filename:rootname(File, ".config") ++ ".config".

source(File, Place, Variables) ->
    case {mix(File, Place, Variables), relx(File, Place, Variables), distillery(File, Place, Variables)} of
        {none, none, none} -> (template(of_version(File, Place), Variables))#{provided => false};
        {none, none, Choice} -> #{file => Choice, template => variable("REPLACE_OS_VARS", Variables) =/= "", provided => false, distillery => true};
        {none, Choice, _} -> (template(Choice, Variables))#{provided => false};
        {Choice, _, _} -> #{file => Choice, template => false, provided => true}
    end.

of_version(File, #{root := Root, version := Version}) ->
    Releases = filename:join(Root, "releases"),
    case string:prefix(File, Releases ++ "/") of
        nomatch -> File;
        Below -> filename:join([Releases, Version | tl(filename:split(Below))])
    end.

%% mix's start script takes what RELEASE_SYS_CONFIG names. Where a configuration provider writes to it, that is a copy.
mix(File, Place, Variables) ->
    Runs = variable("RELEASE_SYS_CONFIG", Variables),
    Given = os:getenv("RELEASE_SYS_CONFIG", ""),
    case Runs =/= "" andalso with_extension(Runs) =:= File of
        true when Given =/= "" -> with_extension(Given);
        true -> uncopied(Runs, Place);
        false -> none
    end.

uncopied(Runs, #{root := Root, version := Version} = Place) ->
    case filename:extension(Runs) of
        ".runtime" -> filename:join([Root, "releases", Version, "sys.config"]);
        _ -> of_version(with_extension(Runs), Place)
    end.

%% relx's takes what RELX_CONFIG_PATH names, or sys.config in the release's directory, or that of the version. What it has
%% filled in may lie elsewhere.
relx(File, #{root := Root, version := Version}, Variables) ->
    Above = filename:join(Root, "sys.config"),
    Below = filename:join([Root, "releases", Version, "sys.config"]),
    Given = [Path || Path <- [os:getenv("RELX_CONFIG_PATH", "")], Path =/= ""],
    [Choice | _] = Given ++ [Above || filelib:is_regular(Above)] ++ [Below],
    Out = variable("RELX_OUT_FILE_PATH", Variables),
    case Out =/= "" andalso filename:join(Out, filename:basename(Choice)) =:= File of
        true -> Choice;
        false -> none
    end.

%% distillery's makes a copy, where things may change, of what SYS_CONFIG_PATH names, or sys.config in the directory for
%% configuration, or that of the version.
distillery(File, #{root := Root, version := Version}, Variables) ->
    Mutable = variable("RELEASE_MUTABLE_DIR", Variables),
    case Mutable =/= "" andalso filename:join(Mutable, "sys.config") =:= File of
        true ->
            Above = filename:join(proplists:get_value("RELEASE_CONFIG_DIR", Variables, Root), "sys.config"),
            Below = filename:join([Root, "releases", Version, "sys.config"]),
            Given = [Path || Path <- [os:getenv("SYS_CONFIG_PATH", "")], Path =/= ""],
            hd(Given ++ [Above || filelib:is_regular(Above)] ++ [Below]);
        false ->
            none
    end.

template(File, Variables) ->
    Replaces = variable("RELX_REPLACE_OS_VARS", Variables) =/= "",
    case [Path || Path <- [File ++ ".src", File ++ ".orig"], filelib:is_regular(Path)] of
        [Path | _] -> #{file => Path, template => Replaces orelse filename:extension(Path) =:= ".src"};
        [] -> #{file => File, template => Replaces}
    end.

%% Flags with their values, as init takes them.
-spec arguments(string()) -> [{string(), [string()]}].
arguments(Pid) ->
    [_ | Words] = block(Pid, "cmdline"),
    %% The emulator keeps those before the first `--`.
    {_, Taken} = lists:splitwith(fun(Word) -> Word =/= "--" end, Words),
    flags(lists:takewhile(fun(Word) -> Word =/= "-extra" end, Taken)).

flags(["--" | Words]) ->
    {_, Rest} = lists:splitwith(fun(Word) -> not is_flag(Word) end, Words),
    flags(Rest);
flags([Flag | Words]) ->
    {Values, Rest} = lists:splitwith(fun(Word) -> not is_flag(Word) end, Words),
    [{Flag, Values} | flags(Rest)];
flags([]) ->
    [].

is_flag([$- | _]) -> true;
is_flag(_) -> false.

%% `-Application Key Value`: stronger than any file.
-spec settings([{string(), [string()]}], [atom()]) -> [{atom(), [{atom(), term()}]}].
settings(Arguments, Applications) ->
    [{Application, pairs(Values)} || {[$- | Flag], Values} <- Arguments,
                                     Application <- Applications,
                                     atom_to_list(Application) =:= Flag].

pairs([Key, Value | Rest]) -> [{term(Key), term(Value)} | pairs(Rest)];
pairs(_) -> [].

term(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text ++ "."),
    {ok, Term} = erl_parse:parse_term(Tokens),
    Term.

%% As the application controller does it: key by key, and what comes later wins.
-spec merge(Environment, Environment) -> Environment when Environment :: [{atom(), [{atom(), term()}]}].
merge(Old, New) ->
    lists:foldl(
        fun({Application, Values}, Merged) ->
            Before = proplists:get_value(Application, Merged, []),
            Kept = [Pair || {Key, _} = Pair <- Before, not lists:keymember(Key, 1, Values)],
            lists:keystore(Application, 1, Merged, {Application, Kept ++ Values})
        end,
        Old,
        New
    ).

%% The container's own environment is this VM's already; an entrypoint script may have exported more. Variables that the
%% start script set (mix's RELEASE_, distillery's REL_) point into the version that was booted: a boot of this one would point
%% them here.
-spec import_environment(place()) -> ok.
import_environment(#{pid := Pid, root := Root, version := Version}) ->
    Releases = filename:join(Root, "releases") ++ "/",
    [import(Name, Value, Releases, Version) || {Name, Value} <- variables(Pid)],
    ok.

import(Name, _, _, Version) when Name =:= "RELEASE_VSN"; Name =:= "REL_VSN" -> os:putenv(Name, Version);
import("RELEASE_SYS_CONFIG", _, _, _) -> true;
import("ERL_CRASH_DUMP", _, _, _) -> true;
import(Name, Value, Releases, Version) ->
    Points = lists:any(fun(Start) -> lists:prefix(Start, Name) end, ["RELEASE_", "REL_"]),
    case Points andalso string:prefix(Value, Releases) of
        Other when Other =:= false; Other =:= nomatch -> os:putenv(Name, Value);
        Below -> os:putenv(Name, filename:join([Releases, Version | tl(filename:split(Below))]))
    end.

variables(Pid) ->
    [{Name, Value} || Entry <- block(Pid, "environ"), [[_ | _] = Name, Value] <- [string:split(Entry, "=")]].

variable(Name, Variables) -> proplists:get_value(Name, Variables, "").

block(Pid, File) ->
    {ok, Block} = file:read_file(filename:join(["/proc", Pid, File])),
    [Text || Entry <- binary:split(Block, <<0>>, [global]), Text <- [characters(Entry)], is_list(Text)].

%% As this VM reads and writes names and variables: without a locale each byte is one character, and no other can be set.
characters(Bytes) -> unicode:characters_to_list(Bytes, file:native_name_encoding()).
